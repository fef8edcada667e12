import { Component, type ComponentChildren, type HTMLAttributes } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';

interface WindowedProps {
  readonly count: number;
  readonly rowHeight: number;
  /** Another function draws all rows anew; the same one only those that come into sight. */
  readonly render: (index: number) => ComponentChildren;
  readonly keyOf: (index: number) => string;
  readonly class?: string;
  /** Keeps its end in sight as it grows. */
  readonly follow?: boolean;
  /** Told when the user scrolls away from the end, or back to it. */
  readonly onFollow?: (follow: boolean) => void;
  /** A row to bring into sight; another object brings it again. */
  readonly target?: { readonly index: number } | undefined;
  readonly attributes?: HTMLAttributes<HTMLDivElement>;
}

/** Rows beyond the edges, so that a quick scroll does not show what is empty. */
const spare = 8;

/** Only what can be seen of a long list is there; the rest is height. */
export const Windowed = (props: WindowedProps) => {
  const { count, rowHeight, render, keyOf, follow = false, onFollow, target, attributes } = props;
  const box = useRef<HTMLDivElement>(null);
  const [first, setFirst] = useState(0);
  const [visible, setVisible] = useState(40);
  const look = () => {
    const { current } = box;
    if (current === null) return;
    // In small steps: each draws few rows.
    const step = 2;
    setFirst(Math.floor(current.scrollTop / rowHeight / step) * step);
    const isAtEnd = current.scrollTop + current.clientHeight >= current.scrollHeight - rowHeight;
    if (isAtEnd !== follow) onFollow?.(isAtEnd);
  };
  useLayoutEffect(() => {
    const { current } = box;
    if (current === null) return undefined;
    const measure = new ResizeObserver(() => {
      setVisible(Math.ceil(current.clientHeight / rowHeight));
      look();
    });
    measure.observe(current);
    return () => measure.disconnect();
  }, [rowHeight]);
  useLayoutEffect(() => {
    if (follow && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [follow, count]);
  useLayoutEffect(() => {
    if (target === undefined || box.current === null) return;
    box.current.scrollTop = Math.max(0, target.index * rowHeight - box.current.clientHeight / 2);
  }, [target]);
  const from = Math.max(0, Math.min(first, count - 1) - spare);
  const until = Math.min(count, first + visible + 2 * spare);
  const rows = Array.from({ length: Math.max(0, until - from) }, (_, place) => from + place);
  return (
    <div {...attributes} class={`windowed ${props.class ?? ''}`} ref={box} onScroll={look}>
      <div class="windowed-all" style={{ height: `${count * rowHeight}px` }} role="presentation">
        <div class="windowed-part" style={{ top: `${from * rowHeight}px` }} role="presentation">
          {rows.map((index) => (
            <Row key={keyOf(index)} index={index} render={render} />
          ))}
        </div>
      </div>
    </div>
  );
};

interface RowProps {
  readonly index: number;
  readonly render: (index: number) => ComponentChildren;
}

/** A row that is there already stays as it is while others come and go. */
class Row extends Component<RowProps> {
  override shouldComponentUpdate(next: RowProps): boolean {
    return next.index !== this.props.index || next.render !== this.props.render;
  }

  render() {
    return <>{this.props.render(this.props.index)}</>;
  }
}
