/** Types of the layout, for its test. */
export function layoutOf(
  graph: {
    readonly nodes: readonly { readonly id: string; readonly kind: string; readonly name: string }[];
    readonly links: readonly { readonly id: string; readonly bytes: number }[];
  },
  size: { readonly width: number; readonly height: number },
): Map<string, { readonly x: number; readonly y: number }>;
