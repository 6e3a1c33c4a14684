/** Endpoints of a Crossbar.io configuration: the address, port, socket and certificate of a listener. */
import { definedOf, type ConvertedPart } from './crossbar-auth.ts';
import type { Part, Reasons } from './part.ts';

/** Gives the path of a file as it is seen from the file to be written. */
export type Relocation = (path: string) => string;

const SYSTEM: Reasons = {
  backlog: 'the length of the queue of connections is that of the system',
  shared: 'several processes share a port when the router is started with --workers',
  user_timeout: 'see limits.ping_interval and limits.ping_timeout',
};

/** Where a transport listens. */
export function convertEndpoint(transport: Part, place: Relocation): ConvertedPart {
  const part = transport.part('endpoint');
  if (part === undefined) return {};
  const type = part.text('type') ?? 'tcp';
  const where = type === 'unix' ? { unix: place(part.text('path') ?? 'crossbar.sock') } : addressOf(part);
  const tls = part.part('tls');
  if (type !== 'unix' && type !== 'tcp') {
    part.leave(
      `endpoints of type ${JSON.stringify(type)} have no counterpart here: it listens on TCP`,
      'type',
    );
  }
  const written = tls === undefined ? where : { ...where, tls: tlsOf(tls, place) };
  part.rest(SYSTEM);
  return written;
}

function addressOf(part: Part): ConvertedPart {
  const [address, version] = [part.text('interface'), part.number('version')];
  if (address !== undefined && version !== undefined) part.leave('the address says it', 'version');
  // A variable of the environment, in the way of a shell.
  const port = (part.text('port') ?? '').replace(/^\$(\w+)$/, '$${$1}');
  return {
    address: address ?? (version === 6 ? '::' : '0.0.0.0'),
    port: /^\d+$/.test(port) ? Number(port) : port,
  };
}

function tlsOf(tls: Part, place: Relocation): ConvertedPart {
  const file = (key: string): string | undefined => {
    const path = tls.text(key);
    return path === undefined ? undefined : place(path);
  };
  const [ca, ...others] = tls.texts('ca_certificates');
  const written = definedOf({
    certificate: file('certificate'),
    key: file('key'),
    ca: ca === undefined ? undefined : place(ca),
    client_certificates: ca === undefined ? undefined : 'request',
  });
  if (others.length > 0) {
    tls.leave(`${others.join(', ')}: append them to ${String(ca)}, for there is one file`, 'ca_certificates');
  }
  tls.rest({
    chain_certificates: 'append them to the file of the certificate',
    ciphers: 'those of Node are used',
    dhparam: 'the curves of TLS are used',
  });
  return written;
}
