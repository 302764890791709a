/*
 * A file system that passes everything through to another directory, and records in one order all that a power cut could
 * take away again, what makes it stay, and the marks that programs set:
 *
 *     recorder DIRECTORY MOUNTPOINT RECORDING
 *
 * It serves one request after the other, so the order of the recording is the order in which things happened. It ends,
 * and takes its mount away, at SIGTERM and when its parent ends. What is written to the file MARK in the root is a mark.
 */
#define _GNU_SOURCE
#define FUSE_USE_VERSION 31
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fuse_lowlevel.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define MARK ".mark"
#define MOST_WRITTEN (1024 * 1024)
/* All changes come through this mount, so the kernel knows of them. */
#define KNOWN_FOR 3600.0

/* As recording.ts reads it: this, then `length` bytes. Numbers of files and directories are those of their inodes. */
enum kind { CREATE = 1, MAKE_DIRECTORY, LINK, REMOVE, RENAME, WRITE, RESIZE, SYNC, SET_MARK };
struct record {
  uint32_t kind, length;
  uint64_t inode, directory, target, position;
};

/* Its descriptor stays open, so that the number of its inode is not given to another one. */
struct node {
  int fd;
  uint64_t inode;
  /* The index of SQLite's log, which is rebuilt from the log after a power cut. */
  bool is_volatile;
  bool is_mark;
};

/* What a request names is the place of a node in this table, and one more, as 0 names nothing. */
static struct node *nodes;
static size_t node_count, node_room;
static FILE *recording;

static struct node *node_of(fuse_ino_t number) { return &nodes[number - 1]; }

static void record(struct record entry, const void *bytes) {
  if (fwrite(&entry, sizeof entry, 1, recording) != 1 ||
      (entry.length > 0 && fwrite(bytes, entry.length, 1, recording) != 1)) {
    perror("recorder: cannot record");
    abort();
  }
}

static bool ends_with(const char *name, const char *end) {
  size_t length = strlen(name), its = strlen(end);
  return length >= its && strcmp(name + length - its, end) == 0;
}

/* The number of the node that `fd`, which is its own from now on, leads to. */
static fuse_ino_t known(int fd, const char *name, const struct stat *status) {
  for (size_t i = 0; i < node_count; i++) {
    if (nodes[i].inode != status->st_ino) continue;
    close(fd);
    return i + 1;
  }
  if (node_count == node_room) {
    node_room = node_room * 2 + 256;
    nodes = realloc(nodes, node_room * sizeof *nodes);
    if (nodes == NULL) abort();
  }
  nodes[node_count++] = (struct node){fd, status->st_ino, ends_with(name, "-shm"), strcmp(name, MARK) == 0};
  return node_count;
}

/* Answers an error, 0 if it found it. */
static int find(fuse_ino_t parent, const char *name, struct fuse_entry_param *found) {
  memset(found, 0, sizeof *found);
  found->attr_timeout = found->entry_timeout = KNOWN_FOR;
  int fd = openat(node_of(parent)->fd, name, O_PATH | O_NOFOLLOW);
  if (fd == -1) return errno;
  if (fstat(fd, &found->attr) == -1) abort();
  found->ino = known(fd, name, &found->attr);
  return 0;
}

static bool is_recorded(fuse_ino_t number) { return !node_of(number)->is_volatile && !node_of(number)->is_mark; }

static void path_of(fuse_ino_t number, char path[64]) {
  snprintf(path, 64, "/proc/self/fd/%d", node_of(number)->fd);
}

static void begin(void *data, struct fuse_conn_info *connection) {
  (void)data;
  connection->max_write = MOST_WRITTEN;
  /* Emptying a file at its opening comes as a request of its own. */
  connection->want &= ~FUSE_CAP_ATOMIC_O_TRUNC;
}

static void lookup(fuse_req_t request, fuse_ino_t parent, const char *name) {
  struct fuse_entry_param found;
  int error = find(parent, name, &found);
  if (error != 0) fuse_reply_err(request, error);
  else fuse_reply_entry(request, &found);
}

static void get_attributes(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *file) {
  (void)file;
  struct stat status;
  if (fstat(node_of(number)->fd, &status) == -1) fuse_reply_err(request, errno);
  else fuse_reply_attr(request, &status, KNOWN_FOR);
}

static void set_attributes(fuse_req_t request, fuse_ino_t number, struct stat *wanted, int which,
                           struct fuse_file_info *file) {
  char path[64];
  path_of(number, path);
  if ((which & FUSE_SET_ATTR_MODE) && chmod(path, wanted->st_mode) == -1) {
    fuse_reply_err(request, errno);
    return;
  }
  if (which & FUSE_SET_ATTR_SIZE) {
    if (truncate(path, wanted->st_size) == -1) {
      fuse_reply_err(request, errno);
      return;
    }
    if (is_recorded(number))
      record((struct record){.kind = RESIZE, .inode = node_of(number)->inode, .position = wanted->st_size}, NULL);
  }
  get_attributes(request, number, file);
}

static void make_directory(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode) {
  struct fuse_entry_param made;
  int error = mkdirat(node_of(parent)->fd, name, mode) == -1 ? errno : find(parent, name, &made);
  if (error != 0) {
    fuse_reply_err(request, error);
    return;
  }
  record((struct record){.kind = MAKE_DIRECTORY,
                         .length = strlen(name),
                         .inode = made.attr.st_ino,
                         .directory = node_of(parent)->inode},
         name);
  fuse_reply_entry(request, &made);
}

static void create(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode, struct fuse_file_info *file) {
  int flags = file->flags & ~(O_EXCL | O_APPEND);
  bool is_new = true;
  int fd = openat(node_of(parent)->fd, name, flags | O_CREAT | O_EXCL, mode);
  if (fd == -1 && errno == EEXIST && !(file->flags & O_EXCL)) {
    is_new = false;
    fd = openat(node_of(parent)->fd, name, flags);
  }
  struct fuse_entry_param made;
  int error = fd == -1 ? errno : find(parent, name, &made);
  if (error != 0) {
    if (fd != -1) close(fd);
    fuse_reply_err(request, error);
    return;
  }
  if (is_new && is_recorded(made.ino))
    record((struct record){.kind = CREATE,
                           .length = strlen(name),
                           .inode = made.attr.st_ino,
                           .directory = node_of(parent)->inode},
           name);
  file->fh = fd;
  file->keep_cache = 1;
  file->direct_io = node_of(made.ino)->is_mark;
  fuse_reply_create(request, &made, file);
}

static void open_file(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *file) {
  char path[64];
  path_of(number, path);
  int fd = open(path, file->flags & ~(O_NOFOLLOW | O_CREAT | O_EXCL | O_TRUNC | O_APPEND));
  if (fd == -1) {
    fuse_reply_err(request, errno);
    return;
  }
  file->fh = fd;
  file->keep_cache = 1;
  file->direct_io = node_of(number)->is_mark;
  fuse_reply_open(request, file);
}

static void remove_file(fuse_req_t request, fuse_ino_t parent, const char *name, int flags) {
  if (unlinkat(node_of(parent)->fd, name, flags) == -1) {
    fuse_reply_err(request, errno);
    return;
  }
  if (!ends_with(name, "-shm"))
    record((struct record){.kind = REMOVE, .length = strlen(name), .directory = node_of(parent)->inode}, name);
  fuse_reply_err(request, 0);
}

static void unlink_file(fuse_req_t request, fuse_ino_t parent, const char *name) {
  remove_file(request, parent, name, 0);
}

static void remove_directory(fuse_req_t request, fuse_ino_t parent, const char *name) {
  remove_file(request, parent, name, AT_REMOVEDIR);
}

static void rename_file(fuse_req_t request, fuse_ino_t parent, const char *name, fuse_ino_t target, const char *its,
                        unsigned int flags) {
  if (flags != 0 || renameat(node_of(parent)->fd, name, node_of(target)->fd, its) == -1) {
    fuse_reply_err(request, flags != 0 ? EINVAL : errno);
    return;
  }
  char names[2 * NAME_MAX + 2];
  int length = snprintf(names, sizeof names, "%s/%s", name, its);
  /* An index goes nowhere but with its database, and is rebuilt there as well. */
  if (!ends_with(name, "-shm"))
    record((struct record){.kind = RENAME,
                           .length = length,
                           .directory = node_of(parent)->inode,
                           .target = node_of(target)->inode},
           names);
  fuse_reply_err(request, 0);
}

static void link_file(fuse_req_t request, fuse_ino_t number, fuse_ino_t parent, const char *name) {
  char path[64];
  path_of(number, path);
  struct fuse_entry_param made;
  bool is_linked = linkat(AT_FDCWD, path, node_of(parent)->fd, name, AT_SYMLINK_FOLLOW) == 0;
  int error = is_linked ? find(parent, name, &made) : errno;
  if (error != 0) {
    fuse_reply_err(request, error);
    return;
  }
  record((struct record){.kind = LINK,
                         .length = strlen(name),
                         .inode = made.attr.st_ino,
                         .directory = node_of(parent)->inode},
         name);
  fuse_reply_entry(request, &made);
}

static void read_file(fuse_req_t request, fuse_ino_t number, size_t size, off_t position, struct fuse_file_info *file) {
  (void)number;
  char *bytes = malloc(size);
  ssize_t count = pread(file->fh, bytes, size, position);
  if (count == -1) fuse_reply_err(request, errno);
  else fuse_reply_buf(request, bytes, count);
  free(bytes);
}

static void write_file(fuse_req_t request, fuse_ino_t number, const char *bytes, size_t size, off_t position,
                       struct fuse_file_info *file) {
  if (node_of(number)->is_mark) {
    record((struct record){.kind = SET_MARK, .length = size}, bytes);
    fuse_reply_write(request, size);
    return;
  }
  ssize_t count = pwrite(file->fh, bytes, size, position);
  if (count == -1) {
    fuse_reply_err(request, errno);
    return;
  }
  if (is_recorded(number))
    record((struct record){.kind = WRITE, .length = count, .inode = node_of(number)->inode, .position = position},
           bytes);
  fuse_reply_write(request, count);
}

/* Of a file or a directory. Nothing is synced in earnest: what counts is that it was asked for. */
static void sync_node(fuse_req_t request, fuse_ino_t number, int data_only, struct fuse_file_info *file) {
  (void)data_only;
  (void)file;
  if (is_recorded(number)) record((struct record){.kind = SYNC, .inode = node_of(number)->inode}, NULL);
  fuse_reply_err(request, 0);
}

static void release_file(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *file) {
  (void)number;
  close(file->fh);
  fuse_reply_err(request, 0);
}

/* The names in a directory, as the kernel wants them. */
struct listing {
  char *bytes;
  size_t length;
};

static void open_directory(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *file) {
  DIR *directory = fdopendir(openat(node_of(number)->fd, ".", O_RDONLY | O_DIRECTORY));
  if (directory == NULL) {
    fuse_reply_err(request, errno);
    return;
  }
  struct listing *listing = calloc(1, sizeof *listing);
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
    if (strcmp(entry->d_name, MARK) == 0) continue;
    struct stat status = {.st_ino = entry->d_ino, .st_mode = (mode_t)entry->d_type << 12};
    size_t end = listing->length + fuse_add_direntry(request, NULL, 0, entry->d_name, NULL, 0);
    listing->bytes = realloc(listing->bytes, end);
    fuse_add_direntry(request, listing->bytes + listing->length, end - listing->length, entry->d_name, &status, end);
    listing->length = end;
  }
  closedir(directory);
  file->fh = (uint64_t)(uintptr_t)listing;
  fuse_reply_open(request, file);
}

static void read_directory(fuse_req_t request, fuse_ino_t number, size_t size, off_t position,
                           struct fuse_file_info *file) {
  (void)number;
  struct listing *listing = (struct listing *)(uintptr_t)file->fh;
  size_t from = (size_t)position < listing->length ? (size_t)position : listing->length;
  size_t left = listing->length - from;
  fuse_reply_buf(request, left == 0 ? NULL : listing->bytes + from, left < size ? left : size);
}

static void release_directory(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *file) {
  (void)number;
  struct listing *listing = (struct listing *)(uintptr_t)file->fh;
  free(listing->bytes);
  free(listing);
  fuse_reply_err(request, 0);
}

static void status_of_file_system(fuse_req_t request, fuse_ino_t number) {
  struct statvfs status;
  if (fstatvfs(node_of(number)->fd, &status) == -1) fuse_reply_err(request, errno);
  else fuse_reply_statfs(request, &status);
}

/* Locks are left to the kernel. */
static const struct fuse_lowlevel_ops operations = {
    .init = begin,
    .lookup = lookup,
    .getattr = get_attributes,
    .setattr = set_attributes,
    .mkdir = make_directory,
    .create = create,
    .open = open_file,
    .unlink = unlink_file,
    .rmdir = remove_directory,
    .rename = rename_file,
    .link = link_file,
    .read = read_file,
    .write = write_file,
    .fsync = sync_node,
    .fsyncdir = sync_node,
    .release = release_file,
    .opendir = open_directory,
    .readdir = read_directory,
    .releasedir = release_directory,
    .statfs = status_of_file_system,
};

static int fail(const char *what) {
  fprintf(stderr, "recorder: %s: %s\n", what, strerror(errno));
  return 1;
}

int main(int count, char **arguments) {
  if (count != 4) return fail("recorder DIRECTORY MOUNTPOINT RECORDING");
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  /* With the modes that were asked for. */
  umask(0);
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);

  struct stat status;
  int root = open(arguments[1], O_PATH | O_DIRECTORY);
  if (root == -1 || fstat(root, &status) == -1) return fail(arguments[1]);
  known(root, "", &status);
  recording = fopen(arguments[3], "w");
  if (recording == NULL) return fail(arguments[3]);

  char *options[] = {arguments[0], "-o", "fsname=agentlog-recorder", NULL};
  struct fuse_args given = FUSE_ARGS_INIT(3, options);
  struct fuse_session *session = fuse_session_new(&given, &operations, sizeof operations, NULL);
  if (session == NULL || fuse_set_signal_handlers(session) != 0) return 1;
  if (fuse_session_mount(session, arguments[2]) != 0) return 1;
  puts("mounted");
  fflush(stdout);
  int result = fuse_session_loop(session);
  fuse_session_unmount(session);
  fuse_remove_signal_handlers(session);
  fuse_session_destroy(session);
  if (fclose(recording) != 0) return fail("the recording");
  /* Being told to end is no failure. */
  return result < 0 ? 1 : 0;
}
