/** E97x: comparisons of the set algebra with the second engine (Z3). */
import { define } from "../define.ts";

export const proofDiffers = define("E970", "the set algebra says that {claim}, and Z3 says that it is not so");
export const proofUndecided = define("W970", "not decided by Z3 within its budget: whether {claim}");
export const proofTooLong = define(
  "W971",
  "`{id}` and what comes after it were not compared with Z3: the questions take more than {limit} steps",
);
