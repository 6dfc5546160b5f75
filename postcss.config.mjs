// PostCSS runs Tailwind over app/globals.css.
const config = { plugins: { "@tailwindcss/postcss": {} } };
export default config;
