/** What the renderer reads of typedoc's JSON (schema version of typedoc 0.28). */
export interface Type {
  type: string;
  name?: string;
  value?: unknown;
  operator?: string;
  /** A reference has the number of its target here, an operator the type it works on. */
  target?: unknown;
  targetType?: unknown;
  typeArguments?: Type[];
  element?: Type;
  isOptional?: boolean;
  elementType?: Type;
  elements?: Type[];
  types?: Type[];
  queryType?: Type;
  objectType?: Type;
  indexType?: Type;
  declaration?: Declaration;
}

export interface Part {
  kind: string;
  text: string;
  tag?: string;
  target?: unknown;
}

export interface Comment {
  summary: Part[];
  blockTags?: { tag: string; content: Part[] }[];
}

interface Flags {
  isOptional?: boolean;
  isReadonly?: boolean;
  isRest?: boolean;
  isStatic?: boolean;
  isInherited?: boolean;
}

export interface Parameter {
  name: string;
  flags?: Flags;
  type?: Type;
  comment?: Comment;
  defaultValue?: string;
}

export interface Signature {
  name: string;
  comment?: Comment;
  typeParameters?: { name: string; type?: Type }[];
  parameters?: Parameter[];
  type?: Type;
}

export interface Declaration {
  id: number;
  name: string;
  kind: number;
  flags?: Flags;
  comment?: Comment;
  type?: Type;
  target?: number;
  children?: Declaration[];
  signatures?: Signature[];
  indexSignatures?: Signature[];
  getSignature?: Signature;
  extendedTypes?: Type[];
  inheritedFrom?: Type;
}
