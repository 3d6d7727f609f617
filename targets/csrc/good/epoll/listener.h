/* Accepting without waiting. */
#ifndef LISTENER_H
#define LISTENER_H

enum {
    NOBODY = -1,    /* there is no client any more */
    NO_ROOM = -2,   /* there is, but no descriptor or memory for it */
};

/* Makes accept_now() return at once when nobody is there. */
void stop_blocking(int listenfd);

/* Returns the next client's connected socket, NOBODY or NO_ROOM. */
int accept_now(int listenfd);

#endif
