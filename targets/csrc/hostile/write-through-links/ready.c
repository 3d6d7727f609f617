/* hostile:      write-through-links
 * threat:       Overwrites the grader's result: by its path, and by leaving
 *               symbolic links where a result might be written.
 * contained-by: a view of the system that can only be read, or Landlock; no
 *               result is written to a folder that a server can write to
 * from:         same-uid
 * expect:       judged
 * source:       open(2), O_CREAT; symlink(7); openat2(2)
 */
#include "hostile/attempt.h"

static const char forged[] = "{\"verdict\": \"conformant\"}\n";

/* A file that it has to make is not the grader's. */
static void overwrite(const char *name)
{
    int fd = open(name, O_WRONLY | O_TRUNC | O_CLOEXEC);
    attempted(fd < 0 ? -1 : write(fd, forged, sizeof forged - 1),
              "overwriting %s", name);
    close(fd);
}

void ready(int listenfd)
{
    (void)listenfd;
    overwrite(GRADER "/result.json");
    overwrite("../result.json");
    attempted(rename("/tmp/result.json", GRADER "/result.json"),
              "renaming a file to the result");
    attempted(unlink(GRADER "/result.json"), "removing the result");
    if (symlink(GRADER "/result.json", "result.json") == 0)
        overwrite("result.json");
    all_tried();
}
