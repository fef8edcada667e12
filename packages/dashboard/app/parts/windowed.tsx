import { Component, type ComponentChildren, type HTMLAttributes } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';

interface WindowedProps {
  readonly count: number;
  readonly rowHeight: number;
  /** Another function draws all rows again; the same one only those that come into sight. */
  readonly render: (index: number) => ComponentChildren;
  readonly keyOf: (index: number) => string;
  readonly class?: string;
  /** Keeps its end in sight as it grows. */
  readonly follow?: boolean;
  /** Called when the user scrolls away from the end, or back to it. */
  readonly onFollow?: (follow: boolean) => void;
  /** A row to bring into sight; another object brings it again. */
  readonly target?: { readonly index: number } | undefined;
  readonly attributes?: HTMLAttributes<HTMLDivElement>;
}

/** Pixels beyond the edges, so that a quick scroll does not show what is empty. */
const sparePixels = 600;

/** Rows come and go in steps of about this many pixels: at each of them all that is there is painted. */
const stepPixels = 720;

/** Only what can be seen of a long list is there; the rest is height. */
export const Windowed = (props: WindowedProps) => {
  const { count, rowHeight, render, keyOf, follow = false, onFollow, target, attributes } = props;
  const box = useRef<HTMLDivElement>(null);
  const [first, setFirst] = useState(0);
  const [visible, setVisible] = useState(24);
  const height = useRef(0);
  const placed = useRef(-1);
  const step = Math.ceil(stepPixels / rowHeight);
  const spare = Math.ceil(sparePixels / rowHeight);
  const look = () => {
    const { current } = box;
    if (current === null) return;
    const { scrollTop } = current;
    setFirst(Math.floor(scrollTop / rowHeight / step) * step);
    // Where it was put says nothing about what the user wants.
    if (scrollTop === placed.current) return;
    placed.current = -1;
    // Reckoned, not asked for: an answer would have the whole page laid out first.
    const isAtEnd = scrollTop + height.current >= (count - 1) * rowHeight;
    if (isAtEnd !== follow) onFollow?.(isAtEnd);
  };
  const toEnd = () => {
    const { current } = box;
    if (!follow || current === null) return;
    current.scrollTop = count * rowHeight;
    placed.current = current.scrollTop;
  };
  const measured = useRef<() => void>(() => undefined);
  measured.current = () => {
    height.current = box.current?.clientHeight ?? 0;
    setVisible(Math.ceil(height.current / rowHeight));
    toEnd();
    look();
  };
  useLayoutEffect(() => {
    const { current } = box;
    if (current === null) return undefined;
    const measure = new ResizeObserver(() => measured.current());
    measure.observe(current);
    return () => measure.disconnect();
  }, [rowHeight]);
  useLayoutEffect(toEnd, [follow, count]);
  useLayoutEffect(() => {
    if (target === undefined || box.current === null) return;
    box.current.scrollTop = Math.max(0, target.index * rowHeight - box.current.clientHeight / 2);
  }, [target]);
  const from = Math.max(0, Math.min(first, count - 1) - spare);
  const until = Math.min(count, first + step + visible + spare);
  const rows = Array.from({ length: Math.max(0, until - from) }, (_, place) => from + place);
  return (
    <div {...attributes} class={`windowed ${props.class ?? ''}`} ref={box} onScroll={look}>
      <div class="windowed-all" style={{ height: `${count * rowHeight}px` }} role="presentation">
        {rows.map((index) => (
          <Row key={keyOf(index)} index={index} render={render} height={rowHeight} />
        ))}
      </div>
    </div>
  );
};

interface RowProps {
  readonly index: number;
  /** In pixels. */
  readonly height: number;
  readonly render: (index: number) => ComponentChildren;
}

/**
 * A row that is there already stays as it is while others come and go: it has a place of its own, so
 * that nothing of it is reckoned, laid out or painted again.
 */
class Row extends Component<RowProps> {
  override shouldComponentUpdate(next: RowProps): boolean {
    const { index, height, render } = this.props;
    return next.index !== index || next.height !== height || next.render !== render;
  }

  render() {
    const { index, height, render } = this.props;
    const style = `top:${index * height}px;height:${height}px`;
    return (
      <div class="windowed-row" style={style} role="presentation">
        {render(index)}
      </div>
    );
  }
}
