/* A client of a server that never blocks in a call for one client. */
#ifndef CLIENT_H
#define CLIENT_H
#include <stddef.h>

struct client {
    int fd;             /* its connected socket, which does not block */
    size_t sent;        /* so many bytes of buf have gone out ... */
    size_t held;        /* ... and so many more are still owed */
    char buf[16384];
};

/* Returns a new client for connfd, or NULL when there is no memory. */
struct client *new_client(int connfd);

/* Receives what the client has sent, or sends what it is owed, as far as that
 * is possible without blocking. While something is owed it receives nothing, so
 * that a client that does not read fills only its own buffer.
 * Returns 0 at the end of the connection, else 1. */
int move(struct client *client);

/* Closes the connection and forgets the client. */
void drop_client(struct client *client);

#endif
