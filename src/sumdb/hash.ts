/**
 * The hashes of the log's Merkle tree. Leaves and inner nodes are hashed with different first bytes, so that neither
 * passes for the other. Source: RFC 6962, section 2.1.
 */
import { hash } from 'node:crypto';

/** Bytes of a SHA-256. */
export const HASH_SIZE = 32;

const LEAF_PREFIX = 0x00;
const NODE_PREFIX = 0x01;

/** Of a record's text, its last newline included. */
export function leafHash(recordText: string): Buffer {
  return hash('sha256', Buffer.concat([Buffer.of(LEAF_PREFIX), Buffer.from(recordText)]), 'buffer');
}

export function nodeHash(left: Buffer, right: Buffer): Buffer {
  return hash('sha256', Buffer.concat([Buffer.of(NODE_PREFIX), left, right]), 'buffer');
}

/** The root of a tree without records: the hash of nothing. */
export function emptyRoot(): Buffer {
  return hash('sha256', '', 'buffer');
}

/**
 * The root over concatenated hashes, one or more, each taken as a subtree of equal size (the last may be smaller).
 * Neighbours are joined level by level and one that is left over moves up, which gives the shape of RFC 6962.
 *
 * It runs 255 times SHA-256 for every tile, so nothing is allocated for a node but its hex text: that is twice as fast
 * as a buffer for each.
 */
export function rootOf(hashes: Buffer): Buffer {
  const level = Buffer.from(hashes);
  const node = Buffer.alloc(1 + 2 * HASH_SIZE, NODE_PREFIX);
  let count = level.length / HASH_SIZE;
  while (count > 1) {
    const pairs = Math.floor(count / 2);
    for (let i = 0; i < pairs; i++) {
      level.copy(node, 1, 2 * i * HASH_SIZE, (2 * i + 2) * HASH_SIZE);
      level.write(hash('sha256', node, 'hex'), i * HASH_SIZE, 'hex');
    }
    if (count % 2 === 1) level.copy(level, pairs * HASH_SIZE, (count - 1) * HASH_SIZE, count * HASH_SIZE);
    count -= pairs;
  }
  return level.subarray(0, HASH_SIZE);
}
