// Package classtest grades classes with forkproof as a program: with submissions that are
// broken, hostile or endless, killed at any moment, in shards, and on a full disk. It has
// tests alone.
package classtest
