/**
 * Paths on the command line → policy texts: the files of a folder in order, the files that an `include` or an `extern`
 * names, and the policies that ship with the product.
 */
import { readdir, stat } from "node:fs/promises";
import { readFileSync, realpathSync, statSync } from "node:fs";
import { join, posix, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Load } from "#compiler/fml/include.ts";
import { spellingHelp } from "#compiler/diagnostics/suggest.ts";
import type { Source } from "#compiler/source.ts";
import { exit, Failure, wrongUsage, type Io } from "./io.ts";
import { OUTSIDE, readStdin, readText, systemReason, type NoText } from "./read.ts";

/** The folder of the shipped policies, and the prefix of their names in diagnostics. */
const shipped = fileURLToPath(new URL("../../../policies/", import.meta.url));
const shippedPrefix = "glazier:";

const isPolicy = (name: string): boolean => /\.(pane|fml)$/.test(name);

const byBytes = (one: string, two: string): number => Buffer.compare(Buffer.from(one), Buffer.from(two));

/** The policy files below a folder without hidden ones and `node_modules`, in order of the bytes of their paths. */
export async function policiesIn(folder: string, io: Io, roots = confinement([folder], io)): Promise<string[]> {
  const found: string[] = [];
  const entries = await readdir(resolve(io.cwd, folder), { withFileTypes: true }).catch((error: unknown) => {
    throw new Failure(exit.world, `cannot read ${folder}: ${systemReason(error)}`);
  });
  for (const entry of entries) {
    if (entry.name.startsWith(".") || entry.name === "node_modules") continue;
    const path = posix.join(folder, entry.name);
    if (entry.isDirectory()) for (const one of await policiesIn(path, io, roots)) found.push(one);
    else if (isPolicy(entry.name)) {
      if (roots.leadsOut(resolve(io.cwd, path)))
        throw new Failure(exit.world, `cannot read ${path}: it leads out of the policy's folder`, OUTSIDE.help);
      found.push(path);
    }
  }
  return found.sort(byBytes);
}

/** The help for a missing path: the nearest name in its folder. */
async function similar(path: string, io: Io): Promise<string | undefined> {
  const folder = posix.dirname(path);
  const names = await readdir(resolve(io.cwd, folder)).catch(() => []);
  return spellingHelp(posix.basename(path), names, folder === "." ? "" : `${folder}/`);
}

/** The policy texts of the paths, in the order given; without paths those of the current folder. */
export async function readPolicies(paths: readonly string[], io: Io): Promise<readonly Source[]> {
  const names: string[] = [];
  /** The files that folders hold, which may be links of somebody else. */
  const within = new Map<string, Confinement>();
  for (const path of paths.length === 0 ? ["."] : paths) {
    // A shell makes it of a variable that is not set; the current folder would be another policy than was meant.
    if (path === "") throw wrongUsage("a path is empty", "the current folder is written `.`");
    if (path === "-") names.push(path);
    else {
      const found = await stat(resolve(io.cwd, path)).catch(async (error: unknown) => {
        throw new Failure(exit.world, `cannot read ${path}: ${systemReason(error)}`, await similar(path, io));
      });
      if (!found.isDirectory()) names.push(posix.normalize(path));
      else {
        const roots = confinement([path], io);
        const inside = await policiesIn(path, io, roots);
        if (inside.length === 0)
          throw new Failure(
            exit.world,
            `no policy in ${path === "." ? "this folder" : path}: it holds no file named *.pane or *.fml`,
            "`glazier init` writes one to start from",
          );
        for (const one of inside) {
          names.push(one);
          within.set(one, roots);
        }
      }
    }
  }
  // A file is read once, even if two different spellings name it. Its first name and place count.
  const chosen = [...new Set(names.map((name) => (name === "-" ? name : firstNameOf(name, io))))];
  return Promise.all(chosen.map((name) => readSource(name, io, within.get(name))));
}

/** Real path → the name by which the file was first read, for each command. */
const spellings = new WeakMap<Io, Map<string, string>>();

/** The name by which a file was first read, or this name if it was not read yet. */
function firstNameOf(name: string, io: Io): string {
  const known = spellings.get(io) ?? new Map<string, string>();
  spellings.set(io, known);
  let place: string;
  try {
    place = realpathSync(resolve(io.cwd, name));
  } catch {
    return name;
  }
  const first = known.get(place);
  if (first === undefined) known.set(place, name);
  return first ?? name;
}

/** One text by its path; `-` is standard input. */
export async function readSource(name: string, io: Io, roots?: Confinement): Promise<Source> {
  if (name === "-") return { name: "<stdin>", text: await readStdin(() => io.stdin()) };
  const text = readOrReason(resolve(io.cwd, name), roots);
  if (typeof text === "string") return { name, text };
  throw new Failure(exit.world, `cannot read ${name}: ${text.reason}`, text.help);
}

/** The text of a file, or the reason why it cannot be read. */
function readOrReason(path: string, roots?: Confinement): string | (NoText & { readonly isMissing?: true }) {
  try {
    return readText(path, roots?.isOutside);
  } catch (error) {
    const reason = systemReason(error);
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? { reason, isMissing: true } : { reason };
  }
}

/**
 * Loads a text that another one names (`include`, `extern`). The path counts from that text, or else names a shipped
 * policy. The file must lie in a folder of `paths` (those of the command line) or of `--include-root`, and symbolic
 * links must not lead out of them. So a policy by another author cannot read other files of the user.
 */
export function loader(io: Io, paths: readonly string[]): Load {
  // A misspelt folder is wrong usage even where the policy includes nothing.
  includeRoots(io);
  let roots: Confinement | undefined;
  const read = (name: string): ReturnType<Load> => {
    const path = resolve(io.cwd, name);
    roots ??= confinement(paths.map(folderOf), io);
    if (roots.leadsOut(path)) return OUTSIDE;
    const text = readOrReason(path, roots);
    if (typeof text === "string") return { name, text };
    if (text === OUTSIDE) return OUTSIDE;
    // The help of a path is about standard input, which an `include` or an `extern` cannot name.
    return text.isMissing ? undefined : { reason: text.reason };
  };
  const folderOf = (path: string): string =>
    path === "-" ? "." : folderAt(resolve(io.cwd, path)) === true ? path : posix.dirname(path);
  const ship = (path: string): ReturnType<Load> => (/^[\w-]+\.(pane|fml)$/.test(path) ? readShipped(path) : undefined);
  return (path, from) => {
    if (from.name.startsWith(shippedPrefix)) return ship(path);
    const name = posix.isAbsolute(path) ? path : posix.join(posix.dirname(from.name), path);
    return read(firstNameOf(name, io)) ?? ship(path);
  };
}

/** Whether a path is a folder, or why the operating system does not say. */
function folderAt(path: string): boolean | { readonly reason: string } {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  } catch (error) {
    return { reason: systemReason(error) };
  }
}

/** The folders from which files may be read. */
interface Confinement {
  /** Whether a path leads out of all of them. A path that does not exist does not. */
  leadsOut(path: string): boolean;
  /** The same of a path without symbolic links. */
  readonly isOutside: (real: string) => boolean;
}

/** The real paths of `--include-root`. Throws a `Failure` if one is no folder. */
function includeRoots(io: Io): readonly string[] {
  return io.includeRoots.map((root) => {
    const path = resolve(io.cwd, root);
    const found = folderAt(path);
    if (found === false) throw wrongUsage(`--include-root: \`${root}\` is no folder`);
    if (found !== true) throw new Failure(exit.world, `--include-root: cannot read ${root}: ${found.reason}`);
    return realpathSync(path);
  });
}

/** The confinement to these folders and those of `--include-root`. */
function confinement(folders: readonly string[], io: Io): Confinement {
  const allowed = includeRoots(io);
  const own = folders.map((folder) => realOf(resolve(io.cwd, folder)) ?? resolve(io.cwd, folder));
  const roots = [...own, ...allowed].map((root) => (root.endsWith("/") ? root : `${root}/`));
  const isOutside = (real: string): boolean => !roots.some((root) => `${real}/`.startsWith(root));
  const leadsOut = (path: string): boolean => {
    const real = realOf(path);
    return real !== undefined && isOutside(real);
  };
  return { leadsOut, isOutside };
}

/** The real path behind symbolic links; undefined if it does not exist. */
function realOf(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

/** A shipped policy by its file name; undefined if there is none. */
function readShipped(file: string): Source | undefined {
  const text = readOrReason(join(shipped, file));
  return typeof text === "string" ? { name: shippedPrefix + file, text } : undefined;
}

/** A shipped policy by its file name. */
export function shippedPolicy(name: string): Source {
  return { name: shippedPrefix + name, text: readFileSync(join(shipped, name), "utf8") };
}
