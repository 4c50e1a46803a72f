/**
 * What can be had at a path, for servers that pass a stream on under its own paths. The query counts where it tells things
 * apart; a token that differs, or what a player adds, does not.
 */
export class PathTable<Value> {
  readonly #byPath = new Map<string, Map<Value, Set<string>>>();
  readonly #pathsOf = new Map<Value, Set<string>>();

  add(url: string, value: Value): void {
    const { pathname, search } = new URL(url);
    let values = this.#byPath.get(pathname);
    if (!values) this.#byPath.set(pathname, (values = new Map<Value, Set<string>>()));
    const searches = values.get(value);
    if (searches) searches.add(search);
    else values.set(value, new Set([search]));
    const paths = this.#pathsOf.get(value);
    if (paths) paths.add(pathname);
    else this.#pathsOf.set(value, new Set([pathname]));
  }

  /** Those that were listed with exactly this query; if none was, all at this path. */
  at(pathname: string, search: string): readonly Value[] {
    const values = [...(this.#byPath.get(pathname) ?? [])];
    const exact = values.filter(([, searches]) => searches.has(search));
    return (exact.length > 0 ? exact : values).map(([value]) => value);
  }

  remove(value: Value): void {
    for (const pathname of this.#pathsOf.get(value) ?? []) {
      const values = this.#byPath.get(pathname);
      values?.delete(value);
      if (values?.size === 0) this.#byPath.delete(pathname);
    }
    this.#pathsOf.delete(value);
  }
}
