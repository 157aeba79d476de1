/**
 * The ranks of a region's entries: the highest one that matches a packet decides. Each rank has two priorities, so that
 * an entry that recognizes the source by its address stands above one that recognizes it by its MAC.
 */
export const REGION_RANKS = 8;
export const [THERE, THERE_BY_MAC, ANYWHERE, UNLED, BY_MAC, BY_ADDRESS, FLOOD] = [7, 6, 5, 4, 3, 2, 1];

/**
 * The ranks of what comes in at the port of a host without a stated MAC and avoids switches: of flows to a host by its MAC
 * and by its address, of what is dropped beneath them, and of floods.
 */
export const BLIND_RANKS = {
  mac: THERE_BY_MAC,
  address: ANYWHERE,
  dropped: UNLED,
  flood: FLOOD,
  blindFlood: FLOOD,
} as const;

/** The priority of a rank, above that of the region's lowest entries. */
export const inRank = (rank: number, isSourceByMac = false): number => 2 * rank + (isSourceByMac ? 0 : 1);
