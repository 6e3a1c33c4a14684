/** The OpenAPI document: what it says is what is served. */
import { expect, test } from 'vitest';
import { place } from './support/place.ts';

interface Document {
  readonly openapi: string;
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly securitySchemes: object;
    readonly schemas: Readonly<Record<string, object>>;
  };
}
interface Operation {
  readonly operationId: string;
  readonly responses: object;
}

async function documentOf(url: string): Promise<Document> {
  return (await (await fetch(`${url}/openapi.json`)).json()) as Document;
}

test('the document names every path that is served, with its method and the schemes of the settings', async () => {
  const { url } = await place({ cookie: 'sid', callTimeout: 1234 });
  const { openapi, servers, paths, components } = await documentOf(url);
  expect([openapi, servers[0]?.url]).toEqual(['3.1.0', '/api']);
  expect(JSON.stringify(paths)).toContain('1234');
  expect(components.securitySchemes).toMatchObject({ cookie: { in: 'cookie', name: 'sid' } });
  for (const [path, methods] of Object.entries(paths)) {
    const [method = ''] = Object.keys(methods);
    const other = method === 'post' ? 'GET' : 'POST';
    const refused = await fetch(url + path, { method: other });
    expect([path, refused.status, refused.headers.get('allow')]).toEqual([
      path,
      405,
      `${method.toUpperCase()}, OPTIONS`,
    ]);
  }
});

test('every reference in the document resolves, and every status of a bridge is documented', async () => {
  const { url, post } = await place();
  const document = await documentOf(url);
  for (const [, name = ''] of JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
    expect(document.components.schemas).toHaveProperty(name);
  }
  const told = Object.keys(document.paths['/call']?.['post']?.responses ?? {});
  for (const body of ['{', { procedure: 'com.nothing' }, { procedure: 'a..b c' }]) {
    expect(told).toContain(String((await post('call', body)).status));
  }
});
