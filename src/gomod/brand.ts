/**
 * A value with a proof in its type: only the one function that checked it makes it, by a cast it explains.
 * At run time nothing is added.
 */

declare const brand: unique symbol;

export type Branded<T, Name extends string> = T & { readonly [brand]: Name };
