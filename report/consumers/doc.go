// Package consumers tests forkproof's reports with the programs that read them: a browser
// and a checker of accessibility for the page, and schemas and parsers for the formats.
// make browser installs what package-lock.json pins and runs the tests; elsewhere they
// are skipped.
package consumers
