/* Arms of 'where'. A region is a chain of guards (condition, taken); equal chains are one region.
 * Regions are found through a hash table that belongs to the node table of node.c. */
#include "graph.h"

static uint32_t region_depth(const Graph *graph, uint32_t region) {
    uint32_t depth = 0;
    for (; region != 0; region = graph->regions[region].parent) depth++;
    return depth;
}

uint32_t graph_region_common(const Graph *graph, uint32_t a, uint32_t b) {
    if (a == b) return a;
    uint32_t depth_a = region_depth(graph, a), depth_b = region_depth(graph, b);
    for (; depth_a > depth_b; depth_a--) a = graph->regions[a].parent;
    for (; depth_b > depth_a; depth_b--) b = graph->regions[b].parent;
    while (a != b) {
        a = graph->regions[a].parent;
        b = graph->regions[b].parent;
    }
    return a;
}

static bool region_has_guard(const Graph *graph, uint32_t region, const Region *guard) {
    for (; region != 0; region = graph->regions[region].parent) {
        const Region *here = &graph->regions[region];
        if (here->condition == guard->condition && here->taken == guard->taken) return true;
    }
    return false;
}

bool graph_region_reads(const Graph *graph, uint32_t inner, uint32_t outer) {
    for (; outer != 0 && outer != inner; outer = graph->regions[outer].parent)
        if (!region_has_guard(graph, inner, &graph->regions[outer])) return false;
    return true;
}
