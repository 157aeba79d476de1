/**
 * Paths on the command line → policy texts: the files of a folder in order, the files that an `include` or an `extern`
 * names, and the policies that ship with the product.
 */
import { readFile, readdir, stat } from "node:fs/promises";
import { readFileSync, realpathSync } from "node:fs";
import { join, posix, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Load } from "#compiler/fml/include.ts";
import { spellingHelp } from "#compiler/diagnostics/suggest.ts";
import type { Source } from "#compiler/source.ts";
import { exit, Failure, type Io } from "./io.ts";

/** The folder of the shipped policies, and the prefix of their names in diagnostics. */
const shipped = fileURLToPath(new URL("../../../policies/", import.meta.url));
const shippedPrefix = "glazier:";

const isPolicy = (name: string): boolean => /\.(pane|fml)$/.test(name);

const byBytes = (one: string, two: string): number => Buffer.compare(Buffer.from(one), Buffer.from(two));

/** Why the operating system did not read a file, as a clause. */
function describe(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const words: Readonly<Record<string, string>> = {
    ENOENT: "there is no such file or folder",
    EACCES: "it may not be read",
    EISDIR: "it is a folder",
    ENOTDIR: "a part of the path is not a folder",
  };
  return words[code ?? ""] ?? message;
}

/** The text of a file's bytes. Throws a `Failure` if they are not UTF-8, since a guess would change the policy. */
function decode(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Failure(exit.world, `cannot read ${name}: it is not UTF-8 text`);
  }
}

/** The policy files below a folder without hidden ones and `node_modules`, in order of the bytes of their paths. */
async function policiesIn(folder: string, io: Io): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(resolve(io.cwd, folder), { withFileTypes: true })) {
    if (entry.name.startsWith(".") || entry.name === "node_modules") continue;
    const path = posix.join(folder, entry.name);
    if (entry.isDirectory()) found.push(...(await policiesIn(path, io)));
    else if (isPolicy(entry.name)) found.push(path);
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
  for (const path of paths.length === 0 ? ["."] : paths) {
    if (path === "-") names.push(path);
    else {
      const found = await stat(resolve(io.cwd, path)).catch(async (error: unknown) => {
        throw new Failure(exit.world, `cannot read ${path}: ${describe(error)}`, await similar(path, io));
      });
      if (!found.isDirectory()) names.push(posix.normalize(path));
      else {
        const inside = await policiesIn(path, io);
        if (inside.length === 0)
          throw new Failure(
            exit.world,
            `no policy in ${path === "." ? "this folder" : path}: it holds no file named *.pane or *.fml`,
            "`glazier init` writes one to start from",
          );
        names.push(...inside);
      }
    }
  }
  // A file that is named twice is read once, at its first place and by its first name, however it is spelt.
  const chosen = [...new Set(names.map((name) => (name === "-" ? name : firstNameOf(name, io))))];
  return Promise.all(chosen.map((name) => readSource(name, io)));
}

/** The first spelling of every file that was read, by where it is. */
const spellings = new WeakMap<Io, Map<string, string>>();

/** The name by which this file was read first; its own, if it was not. */
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
export async function readSource(name: string, io: Io): Promise<Source> {
  if (name === "-") return { name: "<stdin>", text: await io.stdin() };
  const bytes = await readFile(resolve(io.cwd, name)).catch((error: unknown) => {
    throw new Failure(exit.world, `cannot read ${name}: ${describe(error)}`);
  });
  return { name, text: decode(bytes, name) };
}

/**
 * Loads a text that another one names (`include`, `extern`): relative to that one, else a shipped policy by its name.
 */
export function loader(io: Io): Load {
  const read = (file: string, name: string): ReturnType<Load> => {
    let bytes: Uint8Array;
    try {
      bytes = readFileSync(file);
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === "ENOENT" ? undefined : { reason: describe(error) };
    }
    return { name, text: decode(bytes, name) };
  };
  const ship = (path: string): ReturnType<Load> =>
    /^[\w-]+\.(pane|fml)$/.test(path) ? read(join(shipped, path), shippedPrefix + path) : undefined;
  return (path, from) => {
    if (from.name.startsWith(shippedPrefix)) return ship(path);
    const name = posix.isAbsolute(path) ? path : posix.join(posix.dirname(from.name), path);
    return read(resolve(io.cwd, name), firstNameOf(name, io)) ?? ship(path);
  };
}

/** A shipped policy by its file name. */
export function shippedPolicy(name: string): Source {
  return { name: shippedPrefix + name, text: readFileSync(join(shipped, name), "utf8") };
}
