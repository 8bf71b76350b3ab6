/**
 * The files and folders that a zip would unpack to, kept to find two names that collide: equal but for case, a name
 * that is both file and folder, a file that comes twice. The rules are those of the collision checker in
 * golang.org/x/mod/zip; parent folders count. A tree of elements makes each name cost its own length, whatever its
 * depth, and an entry in the same folder as the one before costs one look-up.
 */

import { quote } from '../gomod/text.ts';
import { foldCase } from './case-fold.ts';
import { InvalidZip } from './invalid-zip.ts';
import { MAX_PATHS } from './limits.ts';

interface Node {
  /** The element as it was first spelt. */
  readonly name: string;
  readonly parent: Node | undefined;
  /** Undefined for a file; else the children by their folded name. */
  readonly children: Map<string, Node> | undefined;
}

export class PathTree {
  readonly #root: Node = { name: '', parent: undefined, children: new Map() };
  #count = 0;
  #lastPath = '';
  #lastFolder: Node = this.#root;

  /**
   * Adds a clean relative path and its parents. The same folder may come again; anything else that collides with
   * what is there throws InvalidZip, as does the first path over MAX_PATHS.
   */
  add(path: string, isFolder: boolean): void {
    const slash = path.lastIndexOf('/');
    const folder = this.#folder(slash < 0 ? '' : path.slice(0, slash));
    this.#child(folder, path.slice(slash + 1), isFolder);
  }

  #folder(path: string): Node {
    if (path === this.#lastPath) return this.#lastFolder;
    let node = this.#root;
    if (path !== '') for (const element of path.split('/')) node = this.#child(node, element, true);
    this.#lastPath = path;
    this.#lastFolder = node;
    return node;
  }

  #child(parent: Node, name: string, isFolder: boolean): Node {
    const siblings = parent.children;
    if (siblings === undefined) throw new Error('a file has no children');
    const folded = foldCase(name);
    const known = siblings.get(folded);
    if (known === undefined) {
      if (++this.#count > MAX_PATHS)
        throw new InvalidZip(`there are more than ${MAX_PATHS} files and folders`);
      const node: Node = { name, parent, children: isFolder ? new Map() : undefined };
      siblings.set(folded, node);
      return node;
    }
    if (known.name !== name) {
      const twin = quote(fullPath({ ...known, name }));
      throw new InvalidZip(`${quote(fullPath(known))} and ${twin} differ in case only`);
    }
    if (isFolder !== (known.children !== undefined)) {
      throw new InvalidZip(`${quote(fullPath(known))} is both a file and a folder`);
    }
    if (!isFolder) throw new InvalidZip(`the file ${quote(fullPath(known))} is there twice`);
    return known;
  }
}

function fullPath(node: Node): string {
  const elements: string[] = [];
  for (let at: Node | undefined = node; at?.parent !== undefined; at = at.parent) elements.push(at.name);
  return elements.reverse().join('/');
}
