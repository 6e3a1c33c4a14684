// The public names of the client package.
export {};
