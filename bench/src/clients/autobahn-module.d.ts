/** Types for the part of autobahn-js that the benchmark uses. */
declare module 'autobahn' {
  interface Session {
    call(procedure: string, args: readonly unknown[]): Promise<unknown>;
    register(procedure: string, handler: (args: unknown[]) => unknown): Promise<unknown>;
    subscribe(topic: string, handler: (args: unknown[]) => void): Promise<unknown>;
  }
  interface Connection {
    onopen: (session: Session) => void;
    open(): void;
  }
  const autobahn: {
    readonly Connection: new (options: {
      readonly url: string;
      readonly realm: string;
      readonly serializers: readonly object[];
    }) => Connection;
    readonly serializer: { readonly JSONSerializer: new () => object };
  };
  export default autobahn;
}
