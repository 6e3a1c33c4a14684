/** Tables: columns that can be sorted by, rows that scroll, pages. */
import type { ComponentChildren } from 'preact';
import { ago } from '../lib/figures.ts';

/** A column of rows of type R. */
export interface Column<R> {
  readonly title: string;
  readonly cell: (row: R) => ComponentChildren;
  readonly align?: 'end';
  /** The name to sort by; undefined when the column cannot be sorted by. */
  readonly sort?: string;
}

/** The order of the rows. */
export interface Order {
  readonly by: string;
  readonly descending: boolean;
}

interface TableProps<R> {
  readonly label: string;
  readonly columns: readonly Column<R>[];
  readonly rows: readonly R[];
  readonly keyOf: (row: R) => string | number;
  readonly order?: Order;
  readonly onOrder?: (order: Order) => void;
}

export function Table<R>({ label, columns, rows, keyOf, order, onOrder }: TableProps<R>) {
  return (
    <div class="scroll" role="group" aria-label={label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {columns.map((column) => (
              <Head key={column.title} column={column} order={order} onOrder={onOrder} />
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map(({ title, cell, align }, index) =>
                index === 0 ? (
                  <th scope="row" key={title}>
                    {cell(row)}
                  </th>
                ) : (
                  <td key={title} class={align}>
                    {cell(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface HeadProps<R> {
  readonly column: Column<R>;
  readonly order: Order | undefined;
  readonly onOrder: ((order: Order) => void) | undefined;
}

function Head<R>({ column: { title, sort, align }, order, onOrder }: HeadProps<R>) {
  if (sort === undefined || onOrder === undefined) {
    return (
      <th scope="col" class={align}>
        {title}
      </th>
    );
  }
  const isOrder = order?.by === sort;
  const descending = isOrder && order.descending;
  const direction = descending ? 'descending' : 'ascending';
  return (
    <th scope="col" class={align} aria-sort={isOrder ? direction : 'none'}>
      <button
        type="button"
        class="sort"
        onClick={() => {
          onOrder({ by: sort, descending: isOrder ? !descending : align === 'end' });
        }}
      >
        {title}
        <span aria-hidden="true">{isOrder ? (descending ? ' ↓' : ' ↑') : ''}</span>
      </button>
    </th>
  );
}

/** How long ago a date was, in the largest unit; its title has the date. */
export function Since({ date }: { readonly date: string }) {
  return <span title={date}>{ago(date, { units: 1 })}</span>;
}

interface PagerProps {
  /** Such as "1–100 of 5,000 sessions". */
  readonly text: string;
  readonly previous: string | undefined;
  readonly next: string | undefined;
}

/** Links to the page before and the page after. */
export function Pager({ text, previous, next }: PagerProps) {
  return (
    <nav class="pager" aria-label="Pages">
      <span role="status">{text}</span>
      <PageLink href={previous} text="Previous" />
      <PageLink href={next} text="Next" />
    </nav>
  );
}

function PageLink({ href, text }: { readonly href: string | undefined; readonly text: string }) {
  if (href === undefined) {
    return (
      <span class="button quiet" aria-disabled="true">
        {text}
      </span>
    );
  }
  return (
    <a class="button quiet" href={href}>
      {text}
    </a>
  );
}
