/* SPDX-FileCopyrightText: Winrights Authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The Windows calls of the payload, for a PowerShell engine on Linux: advapi32, netapi32 and kernel32 in one library.
 * Each call goes over a socket to a Python model of the machine, which answers and keeps account of handles and
 * buffers. What only C can do is done here: structures in memory, as 64-bit Windows lays them out.
 * The socket is that of FLEET_SHIM; in a process that runs one command after another, that of the command (fleet_begin).
 *
 * A message is a list of fields: their number, then length and bytes of each; numbers are 64-bit, native order.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { FIELDS = 4096 };

typedef struct { uint16_t length, maximum; uint16_t *buffer; } Text;                     /* LSA_UNICODE_STRING */
typedef struct { uint32_t length; void *root, *name; uint32_t attributes; void *descriptor, *quality; } ObjectAttributes;
typedef struct { uint32_t entries; void *domains; } DomainList;                          /* LSA_REFERENCED_DOMAIN_LIST */
typedef struct { Text name; uint8_t *sid; } TrustInformation;                            /* LSA_TRUST_INFORMATION */
typedef struct { int32_t use; Text name; int32_t domain; } TranslatedName;               /* LSA_TRANSLATED_NAME */
typedef struct { int32_t use; uint8_t *sid; int32_t domain; uint32_t flags; } TranslatedSid;
typedef struct { int32_t role; uint32_t flags; uint16_t *flat, *dns, *forest; uint8_t guid[16]; } PrimaryDomain;
typedef struct { uint8_t *sid; uint32_t attributes; } SidAndAttributes;

_Static_assert(sizeof(Text) == 16 && sizeof(ObjectAttributes) == 48 && sizeof(TrustInformation) == 24, "layout");
_Static_assert(sizeof(TranslatedName) == 32 && sizeof(TranslatedSid) == 24 && sizeof(PrimaryDomain) == 48, "layout");

/* -- messages ------------------------------------------------------------------------------------------------- */

typedef struct { uint8_t *data; uint64_t size, room; } Writer;
typedef struct { uint8_t *data; uint64_t count; uint8_t *field[FIELDS]; uint64_t length[FIELDS]; } Answer;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int server = -1;

static void die(const char *what)
{
    fprintf(stderr, "shim: %s: %s\n", what, strerror(errno));
    _exit(70);
}

static void raw(Writer *w, const void *bytes, uint64_t size)
{
    if (w->size + size > w->room) {
        w->room = 2 * (w->size + size) + 64;
        if (!(w->data = realloc(w->data, w->room))) die("memory");
    }
    if (size) memcpy(w->data + w->size, bytes, size);
    w->size += size;
}

static void put(Writer *w, const void *bytes, uint64_t size)
{
    raw(w, &size, sizeof size);
    raw(w, bytes, size);
    ++*(uint64_t *)w->data;
}

static void put_number(Writer *w, uint64_t number) { put(w, &number, sizeof number); }

static Writer request(const char *call)
{
    Writer w = {0};
    uint64_t count = 0;
    raw(&w, &count, sizeof count);
    put(&w, call, strlen(call));
    return w;
}

static void transfer(void *bytes, uint64_t size, int out)
{
    for (uint8_t *at = bytes; size;) {
        ssize_t done = out ? send(server, at, size, MSG_NOSIGNAL) : recv(server, at, size, 0);
        if (done <= 0) die("the model of the machine does not answer");
        at += done;
        size -= (uint64_t)done;
    }
}

static char model[sizeof ((struct sockaddr_un *)0)->sun_path]; /* of the command that runs now, see fleet_begin */

static void reach(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (!path || strlen(path) >= sizeof address.sun_path) die("FLEET_SHIM");
    strcpy(address.sun_path, path);
    server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(server, (struct sockaddr *)&address, sizeof address)) die(path);
}

/* Sends a request and gets its answer; both begin with their size. */
static Answer *ask(Writer *w)
{
    uint64_t size;
    Answer *answer = calloc(1, sizeof *answer);
    if (!answer) die("memory");
    pthread_mutex_lock(&lock);
    if (server < 0) reach(*model ? model : getenv("FLEET_SHIM"));
    transfer(&w->size, sizeof w->size, 1);
    transfer(w->data, w->size, 1);
    transfer(&size, sizeof size, 0);
    if (!(answer->data = malloc(size))) die("memory");
    transfer(answer->data, size, 0);
    pthread_mutex_unlock(&lock);
    free(w->data);
    uint8_t *at = answer->data;
    memcpy(&answer->count, at, 8);
    if (answer->count > FIELDS) die("an answer with too many fields");
    at += 8;
    for (uint64_t i = 0; i < answer->count; i++) {
        memcpy(&answer->length[i], at, 8);
        answer->field[i] = at + 8;
        at += 8 + answer->length[i];
    }
    return answer;
}

/* -- one command of many in a process -------------------------------------------------------------------------- */

static int own_errors = -1;

static void redirect(int number, const char *path, int flags)
{
    int file = open(path, flags | O_CLOEXEC, 0600);
    if (file < 0 || dup2(file, number) < 0) die(path);
    close(file);
}

/* From now on the standard streams are these files, and calls go to this socket. */
void fleet_begin(const char *in, const char *out, const char *errors, const char *socket)
{
    if (strlen(socket) >= sizeof model) die(socket);
    if (own_errors < 0) own_errors = fcntl(2, F_DUPFD_CLOEXEC, 3);
    redirect(0, in, O_RDONLY);
    redirect(1, out, O_WRONLY | O_CREAT | O_APPEND);
    redirect(2, errors, O_WRONLY | O_CREAT | O_APPEND);
    strcpy(model, socket);
}

/* A call that comes later, by a thread that the command left behind, ends the process: there is no FLEET_SHIM. */
void fleet_end(void)
{
    pthread_mutex_lock(&lock);
    if (server >= 0) close(server);
    server = -1;
    *model = 0;
    pthread_mutex_unlock(&lock);
    redirect(0, "/dev/null", O_RDONLY);
    redirect(1, "/dev/null", O_WRONLY);
    dup2(own_errors, 2);
}

/* -- fields of an answer ---------------------------------------------------------------------------------------- */

static uint64_t number(const Answer *a, uint64_t field)
{
    uint64_t value = 0;
    if (field >= a->count || a->length[field] != sizeof value) die("an answer of unknown form");
    memcpy(&value, a->field[field], sizeof value);
    return value;
}

static void done(Answer *a)
{
    free(a->data);
    free(a);
}

/* -- buffers that the payload gets ---------------------------------------------------------------------------- */

typedef struct { uint8_t *start, *free; uint64_t size; } Block;

/* Filled with a pattern, so that nobody finds a NUL by luck behind a text. */
static Block block(uint64_t size)
{
    Block b = {.size = size + 8};
    if (posix_memalign((void **)&b.start, 16, b.size)) die("memory");
    memset(b.start, 0xA5, b.size);
    b.free = b.start;
    return b;
}

static void *take(Block *b, const void *bytes, uint64_t size)
{
    uint8_t *place = b->free;
    b->free += (size + 7) & ~7ULL;
    if (b->free > b->start + b->size) die("a block that is too small");
    if (bytes) memcpy(place, bytes, size);
    return place;
}

static void *take_field(Block *b, const Answer *a, uint64_t field)
{
    return a->length[field] ? take(b, a->field[field], a->length[field]) : NULL;
}

static Text take_text(Block *b, const Answer *a, uint64_t field)
{
    uint16_t length = (uint16_t)a->length[field];
    return (Text){length, length, take_field(b, a, field)};
}

/* Room for every field of an answer, and `fixed` bytes before. */
static Block block_for(const Answer *a, uint64_t fixed)
{
    for (uint64_t i = 0; i < a->count; i++) fixed += (a->length[i] + 7) & ~7ULL;
    return block(fixed);
}

/* Tells the model that the payload now owns a buffer. */
static void *give(const char *owner, Block b)
{
    Writer w = request("give");
    put(&w, owner, strlen(owner));
    put_number(&w, (uint64_t)b.start);
    put_number(&w, b.size);
    done(ask(&w));
    return b.start;
}

/* A freed buffer is spoilt, not reused: who reads it later reads nonsense, and a second free is seen. */
static uint32_t take_back(const char *call, void *buffer)
{
    Writer w = request(call);
    put_number(&w, (uint64_t)buffer);
    Answer *a = ask(&w);
    uint32_t status = (uint32_t)number(a, 0);
    if (!status) memset(buffer, 0xDD, number(a, 1));
    done(a);
    return status;
}

static void put_text(Writer *w, const Text *text)
{
    if (!text || (text->length & 1) || text->length > text->maximum || (text->length && !text->buffer)) {
        put(w, "?", 1); /* an odd number of bytes, which the model reports */
        return;
    }
    put(w, text->buffer, text->length);
}

static void put_sid(Writer *w, const uint8_t *sid)
{
    put(w, sid, sid ? 8 + 4 * (uint64_t)sid[1] : 0);
}

/* -- advapi32: LSA --------------------------------------------------------------------------------------------- */

uint32_t LsaOpenPolicy(const Text *system, const ObjectAttributes *attributes, uint32_t access, void **handle)
{
    Writer w = request("LsaOpenPolicy");
    put_number(&w, access);
    put_number(&w, system != NULL);
    put_number(&w, attributes ? attributes->length : 0);
    put_number(&w, attributes && attributes->root);
    Answer *a = ask(&w);
    uint32_t status = (uint32_t)number(a, 0);
    *handle = (void *)number(a, 1);
    done(a);
    return status;
}

uint32_t LsaClose(void *handle)
{
    Writer w = request("LsaClose");
    put_number(&w, (uint64_t)handle);
    Answer *a = ask(&w);
    uint32_t status = (uint32_t)number(a, 0);
    done(a);
    return status;
}

uint32_t LsaQueryInformationPolicy(void *handle, int32_t kind, void **buffer)
{
    Writer w = request("LsaQueryInformationPolicy");
    put_number(&w, (uint64_t)handle);
    put_number(&w, (uint64_t)kind);
    Answer *a = ask(&w);
    uint32_t status = (uint32_t)number(a, 0);
    *buffer = NULL;
    if (!status) { /* POLICY_ACCOUNT_DOMAIN_INFO has the fields of a TrustInformation */
        Block b = block_for(a, sizeof(TrustInformation));
        TrustInformation *info = take(&b, NULL, sizeof *info);
        *info = (TrustInformation){take_text(&b, a, 1), take_field(&b, a, 2)};
        *buffer = give("LSA", b);
    }
    done(a);
    return status;
}

uint32_t LsaFreeMemory(void *buffer) { return take_back("LsaFreeMemory", buffer); }

uint32_t LsaEnumerateAccountsWithUserRight(void *handle, const Text *right, void **buffer, uint32_t *count)
{
    Writer w = request("LsaEnumerateAccountsWithUserRight");
    put_number(&w, (uint64_t)handle);
    put_text(&w, right);
    Answer *a = ask(&w);
    uint32_t status = (uint32_t)number(a, 0);
    *buffer = NULL;
    *count = 0;
    if (!status) {
        *count = (uint32_t)(a->count - 1);
        Block b = block_for(a, *count * sizeof(uint8_t *));
        uint8_t **sids = take(&b, NULL, *count * sizeof *sids);
        for (uint32_t i = 0; i < *count; i++) sids[i] = take_field(&b, a, i + 1);
        *buffer = give("LSA", b);
    }
    done(a);
    return status;
}

static uint32_t change(const char *call, void *handle, const uint8_t *sid, uint32_t all, const Text *rights, uint32_t count)
{
    Writer w = request(call);
    put_number(&w, (uint64_t)handle);
    put_sid(&w, sid);
    put_number(&w, all);
    for (uint32_t i = 0; rights && i < count; i++) put_text(&w, rights + i);
    Answer *a = ask(&w);
    uint32_t status = (uint32_t)number(a, 0);
    done(a);
    return status;
}

uint32_t LsaAddAccountRights(void *handle, const uint8_t *sid, const Text *rights, uint32_t count)
{
    return change("LsaAddAccountRights", handle, sid, 0, rights, count);
}

/* BOOLEAN is one byte; a caller that passes more than 0 or 1 is seen by its other bits. */
uint32_t LsaRemoveAccountRights(void *handle, const uint8_t *sid, uint32_t all, const Text *rights, uint32_t count)
{
    return change("LsaRemoveAccountRights", handle, sid, all, rights, count);
}

uint32_t LsaEnumerateAccountRights(void *handle, const uint8_t *sid, Text **rights, uint32_t *count)
{
    Writer w = request("LsaEnumerateAccountRights");
    put_number(&w, (uint64_t)handle);
    put_sid(&w, sid);
    Answer *a = ask(&w);
    uint32_t status = (uint32_t)number(a, 0);
    *rights = NULL;
    *count = 0;
    if (!status) {
        *count = (uint32_t)(a->count - 1);
        Block b = block_for(a, *count * sizeof(Text));
        Text *texts = take(&b, NULL, *count * sizeof *texts);
        for (uint32_t i = 0; i < *count; i++) texts[i] = take_text(&b, a, i + 1);
        *rights = give("LSA", b);
    }
    done(a);
    return status;
}

/* Fields of an answer to a lookup: status, whether there are buffers, number of domains, then name and SID of each,
 * then three fields of each entry. Returns where the entries begin. */
static uint64_t give_domains(const Answer *a, void **domains)
{
    uint32_t count = (uint32_t)number(a, 2);
    Block b = block_for(a, sizeof(DomainList) + count * sizeof(TrustInformation));
    DomainList *list = take(&b, NULL, sizeof *list);
    TrustInformation *infos = take(&b, NULL, count * sizeof *infos);
    list->entries = count;
    list->domains = infos;
    for (uint32_t i = 0; i < count; i++) {
        infos[i].name = take_text(&b, a, 3 + 2 * i);
        infos[i].sid = take_field(&b, a, 4 + 2 * i);
    }
    *domains = give("LSA", b);
    return 3 + 2 * (uint64_t)count;
}

uint32_t LsaLookupSids2(void *handle, uint32_t options, uint32_t count, uint8_t **sids, void **domains, void **names)
{
    Writer w = request("LsaLookupSids2");
    put_number(&w, (uint64_t)handle);
    put_number(&w, options);
    for (uint32_t i = 0; i < count; i++) put_sid(&w, sids[i]);
    Answer *a = ask(&w);
    uint32_t status = (uint32_t)number(a, 0);
    *domains = *names = NULL;
    if (number(a, 1)) {
        uint64_t at = give_domains(a, domains);
        Block b = block_for(a, count * sizeof(TranslatedName));
        TranslatedName *entries = take(&b, NULL, count * sizeof *entries);
        for (uint32_t i = 0; i < count; i++, at += 3)
            entries[i] = (TranslatedName){(int32_t)number(a, at), take_text(&b, a, at + 1), (int32_t)number(a, at + 2)};
        *names = give("LSA", b);
    }
    done(a);
    return status;
}

uint32_t LsaLookupNames2(void *handle, uint32_t flags, uint32_t count, const Text *names, void **domains, void **sids)
{
    Writer w = request("LsaLookupNames2");
    put_number(&w, (uint64_t)handle);
    put_number(&w, flags);
    for (uint32_t i = 0; i < count; i++) put_text(&w, names + i);
    Answer *a = ask(&w);
    uint32_t status = (uint32_t)number(a, 0);
    *domains = *sids = NULL;
    if (number(a, 1)) {
        uint64_t at = give_domains(a, domains);
        Block b = block_for(a, count * sizeof(TranslatedSid));
        TranslatedSid *entries = take(&b, NULL, count * sizeof *entries);
        for (uint32_t i = 0; i < count; i++, at += 3)
            entries[i] = (TranslatedSid){(int32_t)number(a, at), take_field(&b, a, at + 1), (int32_t)number(a, at + 2), 0};
        *sids = give("LSA", b);
    }
    done(a);
    return status;
}

/* -- advapi32: token; kernel32; netapi32 ------------------------------------------------------------------------ */

int32_t OpenProcessToken(void *process, uint32_t access, void **token)
{
    Writer w = request("OpenProcessToken");
    put_number(&w, (uint64_t)process);
    put_number(&w, access);
    Answer *a = ask(&w);
    uint64_t error = number(a, 0);
    *token = (void *)number(a, 1);
    done(a);
    errno = (int)error;
    return !error;
}

int32_t CreateRestrictedToken(void *token, uint32_t flags, uint32_t disabled, const SidAndAttributes *deny_only, uint32_t deleted,
                              const void *privileges, uint32_t restricted, const void *sids, void **made)
{
    if (deleted || privileges || restricted || sids) die("CreateRestrictedToken with more than SIDs that only deny");
    Writer w = request("CreateRestrictedToken");
    put_number(&w, (uint64_t)token);
    put_number(&w, flags);
    for (uint32_t i = 0; i < disabled; i++) put_sid(&w, deny_only[i].sid);
    Answer *a = ask(&w);
    uint64_t error = number(a, 0);
    *made = (void *)number(a, 1);
    done(a);
    errno = (int)error;
    return !error;
}

int32_t ImpersonateLoggedOnUser(void *token)
{
    Writer w = request("ImpersonateLoggedOnUser");
    put_number(&w, (uint64_t)token);
    Answer *a = ask(&w);
    uint64_t error = number(a, 0);
    done(a);
    errno = (int)error;
    return !error;
}

int32_t RevertToSelf(void)
{
    Writer w = request("RevertToSelf");
    Answer *a = ask(&w);
    uint64_t error = number(a, 0);
    done(a);
    errno = (int)error;
    return !error;
}

/* Fields: error, whether a SID with its attributes is meant, then the SIDs and their attributes in turn. */
int32_t GetTokenInformation(void *token, int32_t kind, void *buffer, uint32_t size, uint32_t *needed)
{
    Writer w = request("GetTokenInformation");
    put_number(&w, (uint64_t)token);
    put_number(&w, (uint64_t)kind);
    put_number(&w, size);
    Answer *a = ask(&w);
    uint64_t error = number(a, 0);
    *needed = 0;
    if (!error) {
        uint32_t count = (uint32_t)(a->count - 1) / 2, head = kind == 2 ? 8 : 0;
        Block b = block_for(a, head + count * sizeof(SidAndAttributes));
        if (kind == 20) {
            uint32_t elevated = (uint32_t)number(a, 1);
            take(&b, &elevated, 4);
            b.free = b.start + 4;
        } else {
            if (head) *(uint32_t *)take(&b, NULL, head) = count;
            SidAndAttributes *entries = take(&b, NULL, count * sizeof *entries);
            for (uint32_t i = 0; i < count; i++) {
                uint64_t offset = (uint64_t)((uint8_t *)take_field(&b, a, 1 + 2 * i) - b.start);
                entries[i].sid = (uint8_t *)buffer + offset;
                entries[i].attributes = (uint32_t)number(a, 2 + 2 * i);
            }
        }
        *needed = (uint32_t)(b.free - b.start);
        if (!buffer || size < *needed) error = 122; /* ERROR_INSUFFICIENT_BUFFER */
        else memcpy(buffer, b.start, *needed);
        free(b.start);
    }
    done(a);
    errno = (int)error;
    return !error;
}

uint64_t GetTickCount64(void)
{
    Writer w = request("GetTickCount64");
    Answer *a = ask(&w);
    uint64_t milliseconds = number(a, 0);
    done(a);
    return milliseconds;
}

void *GetCurrentProcess(void) { return (void *)-1; }

int32_t CloseHandle(void *handle)
{
    Writer w = request("CloseHandle");
    put_number(&w, (uint64_t)handle);
    Answer *a = ask(&w);
    uint64_t error = number(a, 0);
    done(a);
    errno = (int)error;
    return !error;
}

int32_t GetProductInfo(uint32_t major, uint32_t minor, uint32_t pack_major, uint32_t pack_minor, uint32_t *product)
{
    Writer w = request("GetProductInfo");
    put_number(&w, (uint64_t)major << 48 | (uint64_t)minor << 32 | pack_major << 16 | pack_minor);
    Answer *a = ask(&w);
    *product = (uint32_t)number(a, 0);
    done(a);
    return *product != 0;
}

uint32_t DsRoleGetPrimaryDomainInformation(const uint16_t *computer, int32_t level, void **buffer)
{
    Writer w = request("DsRoleGetPrimaryDomainInformation");
    put_number(&w, computer != NULL);
    put_number(&w, (uint64_t)level);
    Answer *a = ask(&w);
    uint32_t status = (uint32_t)number(a, 0);
    *buffer = NULL;
    if (!status && level == 1) { /* role, flags, flat and DNS name with their NUL */
        Block b = block_for(a, sizeof(PrimaryDomain));
        PrimaryDomain *info = take(&b, NULL, sizeof *info);
        *info = (PrimaryDomain){.role = (int32_t)number(a, 1), .flags = (uint32_t)number(a, 2)};
        info->flat = take_field(&b, a, 3);
        info->dns = take_field(&b, a, 4);
        *buffer = give("DsRole", b);
    } else if (!status) {
        Block b = block(8);
        uint32_t state = (uint32_t)number(a, 1);
        take(&b, &state, 4);
        *buffer = give("DsRole", b);
    }
    done(a);
    return status;
}

/* Level 0: an array of SIDs. Fields: status, where to go on, the SIDs. */
uint32_t NetLocalGroupGetMembers(const uint16_t *server, const uint16_t *group, uint32_t level, void **buffer, uint32_t size,
                                 uint32_t *read, uint32_t *total, uint64_t *resume)
{
    uint64_t length = 0;
    while (group[length]) length++;
    Writer w = request("NetLocalGroupGetMembers");
    put_number(&w, server != NULL);
    put(&w, group, 2 * length);
    put_number(&w, level);
    put_number(&w, size);
    put_number(&w, *resume);
    Answer *a = ask(&w);
    uint32_t status = (uint32_t)number(a, 0);
    *buffer = NULL;
    *read = *total = 0;
    if (!status || status == 234) { /* ERROR_MORE_DATA */
        *resume = number(a, 1);
        *read = *total = (uint32_t)(a->count - 2);
        Block b = block_for(a, *read * sizeof(uint8_t *));
        uint8_t **sids = take(&b, NULL, *read * sizeof *sids);
        for (uint32_t i = 0; i < *read; i++) sids[i] = take_field(&b, a, i + 2);
        *buffer = give("NetApi", b);
    }
    done(a);
    return status;
}

uint32_t NetApiBufferFree(void *buffer) { return take_back("NetApiBufferFree", buffer); }

void DsRoleFreeMemory(void *buffer) { take_back("DsRoleFreeMemory", buffer); }
