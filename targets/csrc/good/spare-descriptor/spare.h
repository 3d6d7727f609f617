/* spare.h: the descriptor that is kept in reserve; see accept_conn.c. */
#ifndef SPARE_H
#define SPARE_H

extern int spare;

#endif
