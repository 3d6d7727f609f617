/* web.h: what main.c calls of children.c. */
#ifndef WEB_H
#define WEB_H

#include "server.h"

/* Arranges that children which have ended are reaped. */
void watch_children(void);

/* Waits for the next client. Returns -1 when that fails. */
int next_client(int listenfd);

/* Has a child serve a client. */
void serve_in_child(int listenfd, int connfd);

#endif
