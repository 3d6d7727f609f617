/* Processes share no variable: what one child stores in its memory is gone when
 * it ends. So the entries are in a file, a line "user TAB entry" each.
 */
#ifndef STORE_H
#define STORE_H

/* Returns a descriptor of the store; it must not be locked. */
int store(void);

/* Opens the store for the caller alone and locks it as flock(2) does; returns
 * the descriptor, or -1 on error (see errno).
 */
int open_locked(int lock);

/* Unlocks and closes what open_locked returned. */
void close_store(int fd);

/* Returns the whole store as a text, to be freed; NULL on error. */
char *read_store(void);

#endif
