// Starts the dashboard.
import { render } from 'preact';

const root = document.querySelector('#app');
if (root !== null) render(<h1>Dashboard</h1>, root);
