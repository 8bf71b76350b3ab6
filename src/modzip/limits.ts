/**
 * The limits of a module zip. The first three are the Go command's own (golang.org/x/mod/zip); the others are ours,
 * since Go bounds neither the number of entries nor the central directory: they are far above every zip that was
 * seen (the largest has 135,561 entries) and keep the memory and time for a hostile one bounded.
 */

/** Bytes of the zip file, and bytes of all its files unpacked: each may be this large. */
export const MAX_ZIP_BYTES = 524_288_000;

/** Bytes of the root `go.mod` unpacked. */
export const MAX_GOMOD_BYTES = 16_777_216;

/** Bytes of the root `LICENSE` unpacked. */
export const MAX_LICENSE_BYTES = 16_777_216;

/** Files and folders together, folders that are only named as a parent included. */
export const MAX_PATHS = 500_000;

/** Bytes from the start of the central directory to the end record. */
export const MAX_DIRECTORY_BYTES = 134_217_728;
