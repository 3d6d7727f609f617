/* A client of a server that must never wait for any one of them. */
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
 * goes without waiting. While something is owed nothing is received: a client
 * that does not read fills its own buffer and nobody else's.
 * Returns 0 when the connection has come to its end, else 1. */
int move(struct client *client);

/* Closes the connection and forgets the client. */
void drop_client(struct client *client);

#endif
