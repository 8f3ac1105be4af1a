package io.github.litestreamjdbc.it;

import io.github.litestreamjdbc.agent.BufferBytes;
import io.github.litestreamjdbc.api.RestoreOptions;
import io.github.litestreamjdbc.engine.ReplicaView;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/** Restores a replica and prints, in bytes, the peak of the heap and that of the buffers. */
final class RestoringMain {
    private RestoringMain() {}

    public static void main(String[] args) throws Exception {
        AtomicLong buffers = new AtomicLong();
        List<MemoryPoolMXBean> heap = ManagementFactory.getMemoryPoolMXBeans().stream()
                .filter(pool -> pool.getType() == MemoryType.HEAP)
                .toList();
        try (ReplicaView replica = ReplicaView.open(args[0], Map.of())) {
            replica.restore(
                    Path.of(args[1]),
                    RestoreOptions.DEFAULTS,
                    progress -> buffers.accumulateAndGet(BufferBytes.held(), Math::max));
        }
        // The pools have their peaks at different times: no less than the peak of the sum.
        System.out.println(
                heap.stream().mapToLong(pool -> pool.getPeakUsage().getUsed()).sum());
        System.out.println(buffers.get());
        System.out.println(BufferBytes.held());
    }
}
