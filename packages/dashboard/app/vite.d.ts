/** The address of a module that runs in a worker. */
declare module '*?worker&url' {
  const address: string;
  // biome-ignore lint/style/noDefaultExport: that is how Vite offers it
  export default address;
}
