/* accept() without blocking. */
#ifndef LISTENER_H
#define LISTENER_H

enum {
    NO_CLIENT = -1, /* no client is waiting */
    NO_ROOM = -2,   /* one is, but there is no descriptor or memory for it */
};

/* Makes accept_now() return at once when no client is waiting. */
void stop_blocking(int listenfd);

/* Returns the next client's connected socket, NO_CLIENT or NO_ROOM. */
int accept_now(int listenfd);

#endif
