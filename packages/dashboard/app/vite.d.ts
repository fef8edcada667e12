/** The address of a module that runs beside the page. */
declare module '*?worker&url' {
  const address: string;
  // biome-ignore lint/style/noDefaultExport: that is how Vite offers it
  export default address;
}
