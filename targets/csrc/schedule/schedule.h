/* A schedule that several users keep on one server. A client sends lines:
 *
 *   LOGIN name     OK name             whose schedule it is from now on
 *   ADD entry      ADDED entry
 *   SHOW           its entries, a line each, and END
 *   QUIT           bye                 and the connection ends
 *
 * and hears "ERROR why" for any other. What one client adds is there for all
 * that come later under the same name.
 */
#ifndef SCHEDULE_H
#define SCHEDULE_H
#include <stddef.h>

#define NAME_SIZE 32
#define LINE_SIZE 256

/* What is known of one client. All zero is a client that has just come. */
struct session {
    char user[NAME_SIZE];       /* empty before LOGIN */
    char line[LINE_SIZE];       /* what has arrived of the next line */
    size_t have;                /* so many bytes of it */
};

/* What becomes of a connection. */
enum next { GO_ON, OVER, BROKEN };

/* Says what the server says first. */
enum next greet(int connfd);

/* Takes n bytes that the client sent, and answers each line that is whole. */
enum next take(struct session *session, int connfd, const char *buf, size_t n);

/* Answers one line, without its end. */
enum next answer(struct session *session, int connfd, const char *line);

/* Makes an empty store. Call it once, before there is any client. */
void open_store(void);

/* Adds an entry to a user's schedule. Returns 0, or -1 on error (see errno). */
int add_entry(const char *user, const char *entry);

/* Returns a user's entries, a line each, to be freed; NULL on error. */
char *entries_of(const char *user);

#endif
