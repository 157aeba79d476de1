/** E97x: where the second engine (Z3) and the set algebra were compared. */
import { define } from "../define.ts";

export const proofDiffers = define("E970", "the set algebra says that {claim}, and Z3 says that it is not so");
export const proofUndecided = define("W970", "Z3 did not decide within its budget whether {claim}");
