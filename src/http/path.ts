/** From what stands in a request to a path below `public/`. */

/** The decoded path, or undefined where it is none: it must be a plain way down, without dot elements. */
export function decodePath(url: string): string | undefined {
  const [raw = ''] = url.split('?');
  try {
    const path = decodeURIComponent(raw);
    const elements = path.slice(1).split('/');
    if (!path.startsWith('/') || path.includes('\0') || path.includes('\\')) return undefined;
    return elements.some((element) => element === '.' || element === '..') ? undefined : path;
  } catch {
    return undefined;
  }
}

/** Whether an element begins with a dot. No module path or version has one that does: such files are somebody's own. */
export function isHidden(path: string): boolean {
  return /(^|\/)\./.test(path);
}
