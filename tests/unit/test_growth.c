#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include "model/align.h"
#include "model/detect/watch.h"
#include "model/session.h"
#include "tests/unit/session_of.h"
#include "tests/unit/support.h"
TestSuite(growth);
static const struct { const char *name; double limit; } all[]={
{"lateleak/gctrace.log",320},{"lateleak/memstats.ndjson.zst",320},{"lateleak/metrics.prom.zst",320},{"lateleak/gctrace.log",0},{"lateleak/memstats.ndjson.zst",0},
{"upload/gctrace.log.gz",512},{"upload/memstats.ndjson.zst",512},{"upload/metrics.prom.zst",512},{"upload/cgroup.ndjson",0},{"leak/gctrace.log",512},{"leak/memstats.ndjson.gz",512},
{"hotkey/gctrace.log",320},{"hotkey/memstats.ndjson",320},{"hotkey/gctrace.log",0},
{"goroutines/gctrace.log.xz",1024},{"goroutines/memstats.ndjson.gz",1024},{"goroutines/memstats.ndjson.gz",0},
{"ptrchain/gctrace.log.lz4",1024},{"ptrchain/memstats.ndjson.zst",1024},{"twolayer/gctrace.log.xz",1024},{"twolayer/memstats.ndjson.lz4",1024},
{"thrash/gctrace.log.zst",1024},{"thrash/memstats.ndjson.lz4",1024},{"thrash/gctrace.log.zst",112},
{"anyjson/gctrace.log.gz",1024},{"anyjson/memstats.ndjson.xz",1024},{"append/gctrace.log.xz",1024},{"append/memstats.ndjson.zst",1024},
{"slowleak/gctrace.log.gz",512},{"slowleak/memstats.ndjson.xz",512},{"wavyleak/gctrace.log.xz",512},{"wavyleak/memstats.ndjson.zst",512},
{"step/gctrace.log.zst",1024},{"step/gctrace.log.zst",0},{"warmup/gctrace.log.zst",1024},{"plateau/gctrace.log.gz",1024},{"plateau/memstats.ndjson.xz",0},{"daily/gctrace.log.zst",0},{"daily/memstats.ndjson.xz",0},{"diurnal/gctrace.log.gz",1024},{"steady/gctrace.log.gz",0},{"traffic/gctrace.log.lz4",1024},{"burst/gctrace.log.lz4",1024},
};
Test(growth, dump){
 for(size_t i=0;i<sizeof all/sizeof*all;i++){
  struct session*s=session_create(); struct watch*w; int64_t a,b;
  if(all[i].limit>0){s->limit_bytes=all[i].limit*1048576;s->limit_source="--limit";s->is_limit_given=true;}
  session_add_trace(s,all[i].name); align_session(s);
  w=watch_create(s,NULL); while(watch_advance(w,1000)); watch_destroy(w);
  session_span(s,&a,&b);
  printf("== %s limit %g rows %zu span %.1f tracks %zu procs %zu\n",all[i].name,all[i].limit,process_rows(s->processes[0]),(b-a)*1e-9,s->processes[0]->track_count,s->process_count);
  for(size_t k=0;k<s->finding_count;k++){ struct event*e=s->findings[k]; if(e->severity<SEVERITY_WARNING)continue;
   printf("  %s %s began %.2f det %.2f end %.2f %s fc %zu: %s\n",event_kind_name(e->kind),e->has_series?metric_name(&s->metrics,e->metric):"-",(e->time_ns-a)*1e-9,(e->detected_ns-a)*1e-9,e->has_end?(e->end_ns-a)*1e-9:-1.0,severity_name(e->severity),s->processes[0]->forecasts.count,e->message);}
  session_destroy(s);
 }
}
