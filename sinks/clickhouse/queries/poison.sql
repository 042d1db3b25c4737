-- What could record not read or store?
SELECT src_topic, src_partition, src_offset, at, into, error
FROM poison FINAL
ORDER BY at, src_topic, src_partition, src_offset
