/* replay: runs a fuzz target over the files of its corpus, so that every build tries what fuzzing
 * once found, without a fuzzer. Arguments: folders of files. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { REPLAY_LIMIT = 1 << 20 };

static int replay_file(const char *path) {
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(REPLAY_LIMIT);
    int good = file && data;
    if (good) LLVMFuzzerTestOneInput(data, fread(data, 1, REPLAY_LIMIT, file));
    if (file) fclose(file);
    free(data);
    return good;
}

static int replay_folder(const char *path, int *count) {
    DIR *folder = opendir(path);
    int failed = 0;
    if (!folder) return 1;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char name[4096];
        if (entry->d_name[0] == '.') continue;
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        failed += !replay_file(name);
        ++*count;
    }
    closedir(folder);
    return failed;
}

int main(int argc, char **argv) {
    int count = 0, failed = 0;
    for (int i = 1; i < argc; i++) failed += replay_folder(argv[i], &count);
    printf("%d passed, %d failed\n", count - failed, failed);
    return failed || count == 0;
}
