// The theme without its fonts: the reader's own are quicker, and nothing has to be loaded.
import theme from 'vitepress/theme-without-fonts';
import './style.css';

export default theme;
