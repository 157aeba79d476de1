/** For tests only: authorities and certificates as `openssl` makes them. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { command, must } from "../../process/command.ts";

/** Why there are none; undefined: there are. */
export const noOpenssl = (await command(["openssl", "version"])).code === 0 ? undefined : "openssl is not installed";

/** What is read by a client that shows a certificate, or none. */
export interface Keys {
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

/** Makes authorities and certificates in a folder. */
export function authority(cwd: string) {
  const at = (file: string): string => join(cwd, file);
  const ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  return {
    root: async (name: string, ...more: readonly string[]): Promise<void> => {
      const subject = ["-subj", `/CN=${name}`, ...more];
      await must([
        "openssl",
        "req",
        "-x509",
        ...ec,
        "-days",
        "2",
        ...subject,
        "-keyout",
        at(`${name}.key`),
        "-out",
        at(`${name}.pem`),
      ]);
    },
    client: async (file: string, subject: string, by: string, days = 2, extensions = ""): Promise<Keys> => {
      await must(["openssl", "req", ...ec, "-subj", subject, "-keyout", at(`${file}.key`), "-out", at(`${file}.csr`)]);
      writeFileSync(at(`${file}.ext`), extensions);
      const signed = ["-CA", at(`${by}.pem`), "-CAkey", at(`${by}.key`), "-CAcreateserial", "-days", `${days}`];
      await must([
        "openssl",
        "x509",
        "-req",
        "-in",
        at(`${file}.csr`),
        ...signed,
        "-extfile",
        at(`${file}.ext`),
        "-out",
        at(`${file}.pem`),
      ]);
      return { cert: readFileSync(at(`${file}.pem`)), key: readFileSync(at(`${file}.key`)) };
    },
    /**
     * Its list of those that it has revoked, which holds for so many seconds.
     *
     * @param extensions Lines of a section of OpenSSL's settings.
     */
    list: async (by: string, revoked: readonly string[], seconds: number, extensions = ""): Promise<void> => {
      writeFileSync(at(`${by}.index`), "");
      const config = `[ca]\ndefault_ca = own\n[own]\ndatabase = ${at(`${by}.index`)}\ndefault_md = sha256\n${
        extensions === "" ? "" : `crl_extensions = more\n[more]\n${extensions}\n`
      }`;
      writeFileSync(at(`${by}.cnf`), config);
      const ca = ["openssl", "ca", "-config", at(`${by}.cnf`), "-cert", at(`${by}.pem`), "-keyfile", at(`${by}.key`)];
      for (const file of revoked) await must([...ca, "-revoke", at(`${file}.pem`)]);
      await must([...ca, "-gencrl", "-crlsec", `${seconds}`, "-out", at(`${by}.crl`)]);
    },
  };
}
