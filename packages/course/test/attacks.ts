/** What a hostile submission may try. Each is a server in C around `honest.h`. */
export interface Attack {
  readonly name: string
  /** The rest of a sentence: `a submission that …`. */
  readonly what: string
  /** `@NAME@`: what its programs are called. `@OUT@`: the folder of the results. `@OTHER@`: a submission. `@PORT@`: outside. */
  readonly source: string
  /** What it gets: `everything`, since it is right besides; `nothing`, since it is right only if the attack succeeds. */
  readonly earns: 'everything' | 'nothing'
}

const inAttack = (body: string, before = '') =>
  `#include "honest.h"\n${before}\nstatic void attack(void) {\n${body}\n}\n`

export const attacks: readonly Attack[] = [
  {
    name: 'fakes-reports',
    what: 'prints TAP, JSON and control sequences',
    earns: 'nothing',
    source: inAttack(`
  right = 0;
  for (int at = 1; at < 50; at++) printf("ok %d - S1.%d\\n", at, at);
  printf("{\\"grade\\":{\\"parts\\":[],\\"points\\":1000}}\\n{\\"score\\":100}\\n\\x1b[2J\\x1b]0;owned\\x07\\x1b[32mPASSED\\n");
  fprintf(stderr, "1..1\\nok 1\\n{\\"grade\\":{}}\\n");
  fflush(stdout);`),
  },
  {
    name: 'writes-results',
    what: 'writes to where results are written, and to every descriptor',
    earns: 'nothing',
    source: inAttack(`
  right = 0;
  const char *paths[] = {"@OUT@/class.json", "@OUT@/class.csv", "@OUT@/owned", "../results.json", "../../owned", "/autograder/results/results.json"};
  for (int at = 0; at < 6; at++) {
    int fd = open(paths[at], O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (fd >= 0) dprintf(fd, "owned");
  }
  const char *grade = "{\\"grade\\":{\\"isolation\\":\\"none\\",\\"parts\\":[],\\"durationMs\\":1}}\\n";
  for (int fd = 3; fd < 1024; fd++) (void)!write(fd, grade, strlen(grade));`),
  },
  {
    name: 'kills-parent',
    what: 'kills its parent and its process group',
    earns: 'nothing',
    source: inAttack(`
  right = 0;
  for (int round = 0; round < 20; round++) {
    kill(getppid(), SIGKILL);
    kill(1, SIGKILL);
    usleep(1000);
  }
  kill(0, SIGTERM);`),
  },
  {
    name: 'kills-everything',
    what: 'kills every process of its user',
    earns: 'nothing',
    source: inAttack('  right = 0;\n  kill(-1, SIGKILL);'),
  },
  {
    name: 'reads-the-seed',
    what: 'looks for the seed in the arguments, the environment and the memory of every process',
    earns: 'nothing',
    source: inAttack(
      `
  right = 0;
  DIR *all = opendir("/proc");
  for (struct dirent *one; all && (one = readdir(all));) {
    if (one->d_name[0] < '0' || one->d_name[0] > '9' || atoi(one->d_name) == getpid()) continue;
    const char *files[] = {"cmdline", "environ"};
    for (int at = 0; at < 2; at++) look(one->d_name, files[at], 0, 1 << 20);
    char maps[300], line[600];
    snprintf(maps, sizeof maps, "/proc/%s/maps", one->d_name);
    FILE *map = fopen(maps, "r");
    unsigned long from, to;
    while (map && fgets(line, sizeof line, map))
      if (sscanf(line, "%lx-%lx rw", &from, &to) == 2 && to - from < 1 << 26) look(one->d_name, "mem", from, to - from);
    if (map) fclose(map);
  }`,
      `
static void look(const char *pid, const char *name, unsigned long from, long length) {
  char path[300];
  /* Apart, so that it does not find itself. */
  char wanted[] = {'s', '3', 'c', 'r', 'e', 't', 0};
  snprintf(path, sizeof path, "/proc/%s/%s", pid, name);
  int fd = open(path, O_RDONLY);
  if (fd < 0) return;
  char *bytes = malloc(length + 1);
  long n = from ? pread(fd, bytes, length, from) : read(fd, bytes, length);
  if (n > 0 && memmem(bytes, n, wanted, 6)) right = 1;
  free(bytes);
  close(fd);
}`,
    ).replace('#include', '#define _GNU_SOURCE\n#include'),
  },
  {
    name: 'forks-without-end',
    what: 'forks without end',
    earns: 'nothing',
    source: inAttack('  right = 0;\n  for (;;) fork();'),
  },
  {
    name: 'fills-the-disk',
    what: 'writes files until the disk is full',
    earns: 'nothing',
    source: inAttack(`
  right = 0;
  static char block[1 << 20];
  long written = 0;
  const char *folders[] = {".", "/tmp", "/dev/shm", "/dev", "/"};
  for (int file = 0; file < 400 && written < 1 << 9; file++) {
    char path[64];
    snprintf(path, sizeof path, "%s/fill-%d", folders[file % 5], file);
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    for (int at = 0; fd >= 0 && at < 64 && write(fd, block, sizeof block) == sizeof block; at++) written++;
    if (fd >= 0) close(fd);
  }
  right = written >= 1 << 9;`),
  },
  {
    name: 'takes-all-memory',
    what: 'takes all memory',
    earns: 'nothing',
    source: inAttack(`
  right = 0;
  for (long taken = 0; taken < 1 << 12; taken++) {
    char *block = malloc(1 << 20);
    if (!block) return;
    memset(block, 1, 1 << 20);
  }
  right = 1;`),
  },
  {
    name: 'never-ends',
    what: 'never listens and ignores signals',
    earns: 'nothing',
    source: inAttack('  for (int number = 1; number < 32; number++) signal(number, SIG_IGN);\n  for (;;) ;'),
  },
  {
    name: 'compiles-for-ever',
    what: 'lets the compiler read without end',
    earns: 'nothing',
    source: '#include "/dev/zero"\n',
  },
  {
    name: 'daemonises',
    what: 'leaves a daemon',
    earns: 'everything',
    source: inAttack(
      `
  if (fork()) return;
  setsid();
  if (fork()) _exit(0);
  for (int fd = 0; fd < 256; fd++) close(fd);
  clearenv();
  execl("/bin/sleep", "@NAME@", "4711", NULL);
  _exit(0);`,
    ).replace('#include', '#define _GNU_SOURCE\n#include'),
  },
  {
    name: 'deletes-files',
    what: 'deletes whatever it can',
    earns: 'everything',
    source: inAttack(
      `
  nftw("@OUT@", drop, 16, FTW_DEPTH | FTW_PHYS);
  nftw("@OTHER@", drop, 16, FTW_DEPTH | FTW_PHYS);
  nftw("/tmp", drop, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);`,
      'static int drop(const char *path, const struct stat *s, int f, struct FTW *w) {\n  (void)s;\n  (void)f;\n  (void)w;\n  if (!strstr(path, "node")) remove(path);\n  return 0;\n}',
    ).replace('#include', '#define _GNU_SOURCE\n#include'),
  },
  {
    name: 'listens-elsewhere',
    what: 'listens on ports that others may want',
    earns: 'everything',
    source: inAttack(`
  /* Its own one may be among them: the checker takes ports from 20000 on. */
  for (int port = 20000; port < 20900; port++) {
    if (port == own_port) continue;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 1) != 0) close(fd);
  }`),
  },
  {
    name: 'connects-outside',
    what: 'connects to a program outside',
    earns: 'nothing',
    source: inAttack(`
  right = 0;
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(@PORT@)};
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  right = connect(fd, (struct sockaddr *)&at, sizeof at) == 0;
  close(fd);`),
  },
  {
    name: 'replays-answers',
    what: 'replays the answers of another run',
    earns: 'nothing',
    source: `#define dprintf(fd, format, number) dprintf(fd, "HELLO 473")\n${inAttack('')}`,
  },
  {
    name: 'copies-a-neighbour',
    what: 'includes the source of another submission',
    earns: 'nothing',
    source: '#include "@OTHER@/tcpserver.c"\n',
  },
  {
    name: 'prints-without-end',
    what: 'prints without end',
    earns: 'nothing',
    source: inAttack('  right = 0;\n  for (;;) puts("HELLO 1");'),
  },
  {
    name: 'floods-the-checker',
    what: 'sends to each client without end',
    earns: 'nothing',
    source: `#define dprintf(fd, format, number) for (static char flood[1 << 20]; send(fd, flood, sizeof flood, 0) > 0;)\n${inAttack('')}`,
  },
  {
    name: 'stops-its-parents',
    what: 'stops every process that it can see',
    earns: 'nothing',
    source: inAttack('  right = 0;\n  kill(1, SIGSTOP);\n  kill(getppid(), SIGSTOP);\n  kill(-1, SIGSTOP);'),
  },
  {
    name: 'makes-empty-files',
    what: 'makes files without end, which are empty',
    earns: 'nothing',
    source: inAttack(`
  const char *folders[] = {".", "/tmp", "/dev/shm"};
  int made = 0;
  for (int folder = 0; folder < 3; folder++) {
    char path[64];
    for (int file = 0; file < 40000; file++, made++) {
      snprintf(path, sizeof path, "%s/empty-%d", folders[folder], file);
      int fd = open(path, O_WRONLY | O_CREAT, 0600);
      if (fd < 0) break;
      close(fd);
    }
  }
  right = made >= 120000;`),
  },
]
