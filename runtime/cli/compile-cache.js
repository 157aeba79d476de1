/**
 * Where Node may keep what it compiled. It runs what it finds there, so another user's file in that folder would run as
 * the next user of the command, root included. Node's own choice is a folder of a known name in the shared temporary
 * directory, and Node does not check its owner. Plain JavaScript, as it runs before the cache is there.
 */
import { chmodSync, lstatSync, mkdirSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";

const [STICKY, WRITABLE_BY_OTHERS, OPEN_TO_OTHERS] = [0o1000, 0o022, 0o077];

/**
 * A folder for compiled code that only this user can enter, made where it is missing: below XDG_CACHE_HOME, else below
 * `~/.cache`. Undefined: no folder on the way there keeps others out, or there are no users here (Windows).
 * `uid`: the user of this process.
 */
export function compileCacheFolder(env = process.env, uid = process.getuid?.()) {
  if (uid === undefined) return undefined;
  try {
    const chosen = env.XDG_CACHE_HOME;
    const base = chosen && isAbsolute(chosen) ? chosen : belowHome(env.HOME || homedir());
    if (base === undefined) return undefined;
    const parent = made(join(base, "glazier"), uid);
    const folder = parent && made(join(parent, "compiled"), uid);
    return folder !== undefined && isPrivate(folder, uid) ? folder : undefined;
  } catch {
    // A full disk, a home that cannot be read: the command runs as well without a cache.
    return undefined;
  }
}

/** A home that is not there is not made: system users have none. */
function belowHome(home) {
  return isAbsolute(home) && existing(home) !== undefined ? join(home, ".cache") : undefined;
}

/** The folder without symbolic links, made where it is missing; undefined where another user could exchange it. */
function made(folder, uid) {
  const parent = existing(dirname(folder)) ?? made(dirname(folder), uid);
  if (parent === undefined || !isOurs(realpathSync(parent), uid)) return undefined;
  if (existing(folder) === undefined) {
    mkdirSync(folder, { mode: 0o700 });
    chmodSync(folder, 0o700);
  }
  const real = realpathSync(folder);
  return isOurs(real, uid) ? real : undefined;
}

function existing(path) {
  return lstatSync(path, { throwIfNoEntry: false }) && path;
}

/** Whether only this user and root can put another folder in this one's place, here and all the way up. */
function isOurs(path, uid) {
  const { mode, uid: owner } = lstatSync(path);
  if (owner !== uid && owner !== 0) return false;
  if ((mode & WRITABLE_BY_OTHERS) !== 0 && (mode & STICKY) === 0) return false;
  return dirname(path) === path || isOurs(dirname(path), uid);
}

function isPrivate(path, uid) {
  const found = lstatSync(path);
  return found.isDirectory() && found.uid === uid && (found.mode & OPEN_TO_OTHERS) === 0;
}
