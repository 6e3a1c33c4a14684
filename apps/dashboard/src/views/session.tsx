/** One session: who it is, what it can do, what it holds, what it sends and receives; it can be killed. */
import { useRef } from 'preact/hooks';
import { ago, figure, size } from '../lib/figures.ts';
import { dictOf, listOf, numberOf, textOf, type Dict } from '../lib/read.ts';
import { rateOf, type Reading } from '../lib/rates.ts';
import { addressOf } from '../lib/route.ts';
import { useAsked } from '../parts/asked.ts';
import { Facts, Figure, Panel } from '../parts/panel.tsx';
import { currentRealm } from '../parts/realms.ts';
import { Answer, Empty } from '../parts/states.tsx';
import { Kill } from './kill.tsx';
import { peerOf } from './peer.ts';

interface Read {
  readonly told: Dict;
  readonly now: Reading;
  readonly before: Reading | undefined;
}

export function SessionDetail({ id }: { readonly id: string }) {
  const realm = currentRealm.value;
  const last = useRef<Reading | undefined>(undefined);
  const asked = useAsked({
    name: realm === '' ? undefined : 'session.get',
    kwargs: { realm, session: Number(id) },
    every: 2_000,
    read: (answer): Read => {
      const told = dictOf(answer);
      const counters = new Map([[id, numbersIn(told['traffic'])]]);
      const read = { told, now: { at: performance.now(), counters }, before: last.current };
      last.current = read.now;
      return read;
    },
  });
  const { value } = asked;
  const isGone = value.state === 'failed' && value.why.includes('no_such_session');
  return (
    <>
      <p class="crumbs">
        <a href={addressOf({ view: 'sessions', realm })}>Sessions of {realm}</a> / <b class="id">{id}</b>
      </p>
      {isGone ? (
        <Empty text="This session has ended." hint="It was here, or never was: ids are not used again." />
      ) : (
        <Answer asked={value} what="session">
          {(read) => <Details read={read} id={id} realm={realm} />}
        </Answer>
      )}
    </>
  );
}

function numbersIn(value: unknown): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(dictOf(value)).map(([name, each]) => [name, numberOf(each)]));
}

interface DetailsProps {
  readonly read: Read;
  readonly id: string;
  readonly realm: string;
}

function Details({ read: { told, now, before }, id, realm }: DetailsProps) {
  const traffic = dictOf(told['traffic']);
  const rate = (name: string): string => `${figure(rateOf(before, now, id, name))}/s`;
  const bytes = (name: string): string => size(numberOf(traffic[name]));
  return (
    <>
      <Panel title={textOf(told['authid']) || `Session ${id}`} aside={<Actions id={id} realm={realm} />}>
        <Facts facts={factsOf(told)} />
      </Panel>
      <dl class="figures">
        <Figure name="Received" value={figure(numberOf(traffic['received']))} note={rate('received')} />
        <Figure name="Received bytes" value={bytes('received_bytes')} />
        <Figure name="Sent" value={figure(numberOf(traffic['sent']))} note={rate('sent')} />
        <Figure name="Sent bytes" value={bytes('sent_bytes')} />
        <Figure name="Queue" value={size(numberOf(told['queue_bytes']))} />
      </dl>
      <div class="columns">
        <Held title="Subscriptions" view="subscriptions" held={dictOf(told['subscriptions'])} realm={realm} />
        <Held title="Registrations" view="registrations" held={dictOf(told['registrations'])} realm={realm} />
      </div>
      <Features features={dictOf(told['features'])} />
    </>
  );
}

function factsOf(told: Dict): readonly (readonly [string, string])[] {
  return [
    ['Role', textOf(told['authrole'])],
    ['Method', textOf(told['authmethod'])],
    ['Provider', textOf(told['authprovider'])],
    ['Transport', peerOf(told['transport'])],
    ['Joined', ago(textOf(told['joined']))],
  ];
}

function Actions({ id, realm }: { readonly id: string; readonly realm: string }) {
  return (
    <span class="actions">
      <a class="button quiet" href={addressOf({ view: 'tail', realm, query: { session: id } })}>
        Live tail
      </a>
      <Kill realm={realm} session={Number(id)} />
    </span>
  );
}

interface HeldProps {
  readonly title: string;
  readonly view: 'subscriptions' | 'registrations';
  readonly held: Dict;
  readonly realm: string;
}

function Held({ title, view, held, realm }: HeldProps) {
  const first = listOf(held['first']).map(dictOf);
  return (
    <Panel title={`${title} (${figure(numberOf(held['total']))})`}>
      {first.length === 0 ? (
        <Empty text="None." />
      ) : (
        <ul class="uris">
          {first.map((each) => (
            <li key={numberOf(each['id'])}>
              <a href={addressOf({ view, realm, query: { uri: textOf(each['uri']) } })}>
                {textOf(each['uri'])}
              </a>
              {each['match'] !== 'exact' && <span class="tag">{textOf(each['match'])}</span>}
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Features({ features }: { readonly features: Dict }) {
  return (
    <Panel title="Roles and features">
      <Facts
        facts={Object.entries(features).map(([role, names]) => [
          role,
          listOf(names).length === 0
            ? 'no features'
            : listOf(names).map(String).join(', ').replaceAll('_', ' '),
        ])}
      />
    </Panel>
  );
}
