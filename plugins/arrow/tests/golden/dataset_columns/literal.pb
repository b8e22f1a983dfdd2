
 B
@/data


aparquet