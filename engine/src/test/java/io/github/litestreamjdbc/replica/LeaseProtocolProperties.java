package io.github.litestreamjdbc.replica;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/**
 * Three processes and one store in virtual time: answers get lost, writes land late, processes stand still and are killed,
 * clocks run apart.
 */
class LeaseProtocolProperties {
    private static final long MILLI = 1_000_000;
    private static final Duration TTL = Duration.ofSeconds(15);
    private static final int STEPS = 1500;

    private static final class Store {
        private LeaseFile file;
        private int version;
        private long newestEpoch;

        Optional<LeaseProtocol.Seen> read() {
            return Optional.ofNullable(file).map(now -> new LeaseProtocol.Seen(now, "e" + version));
        }

        boolean write(LeaseProtocol.Write write) {
            boolean holds = write.etag()
                    .map(etag -> file != null && etag.equals("e" + version))
                    .orElse(file == null);
            if (holds) {
                assertThat(write.file().generation()).isGreaterThanOrEqualTo(newestEpoch);
                newestEpoch = write.file().generation();
                file = write.file();
                version++;
            }
            return holds;
        }
    }

    private record Late(LeaseProtocol.Write write, long atNanos) {}

    private static final class Machine {
        private final String name;
        private final double rate;
        private final long offsetNanos;
        private LeaseProtocol protocol;
        private long asleepUntilNanos;
        private int nonces;

        Machine(String name, Random random) {
            this.name = name;
            this.rate = 0.98 + random.nextDouble() * 0.04;
            this.offsetNanos = random.nextLong();
            boot(0);
        }

        long clock(long nowNanos) {
            return offsetNanos + (long) (nowNanos * rate);
        }

        void boot(long nowNanos) {
            int life = nonces;
            protocol = new LeaseProtocol(
                    name, TTL, () -> name + "-" + life + "-" + nonces++, () -> Instant.EPOCH, clock(nowNanos));
            nonces++;
        }

        boolean isOpen(long nowNanos) {
            return protocol.held() && clock(nowNanos) - protocol.confirmedNanos() <= TTL.toNanos() / 3 * 2;
        }
    }

    @Property(tries = 3000)
    void atMostOneMayWriteAndEpochsOnlyGrow(@ForAll long seed) {
        Random random = new Random(seed);
        Store store = new Store();
        List<Late> late = new ArrayList<>();
        List<Machine> machines = List.of(new Machine("a", random), new Machine("b", random), new Machine("c", random));
        long now = 0;
        for (int step = 0; step < STEPS; step++) {
            now += random.nextLong(400 * MILLI);
            for (Late one : List.copyOf(late)) {
                if (one.atNanos() <= now) {
                    late.remove(one);
                    store.write(one.write());
                }
            }
            for (Machine machine : machines) {
                if (now >= machine.asleepUntilNanos) {
                    disturb(machine, now, random);
                    step(machine, store, late, now, random);
                }
            }
            long time = now;
            assertThat(machines.stream().filter(machine -> machine.isOpen(time)).map(machine -> machine.name))
                    .as("may write at %d ms, seed %d", now / MILLI, seed)
                    .hasSizeLessThanOrEqualTo(1);
        }
    }

    private static void disturb(Machine machine, long now, Random random) {
        int what = random.nextInt(600);
        if (what == 0) {
            machine.asleepUntilNanos = now + random.nextLong(3 * TTL.toNanos());
        } else if (what == 1 || machine.protocol.next(machine.clock(now)) instanceof LeaseProtocol.Done) {
            machine.boot(now);
        } else if (what == 2) {
            machine.protocol.release(machine.clock(now));
        }
    }

    private static void step(Machine machine, Store store, List<Late> late, long now, Random random) {
        LeaseProtocol protocol = machine.protocol;
        LeaseProtocol.Action action = protocol.next(machine.clock(now));
        if (action instanceof LeaseProtocol.Look) {
            if (random.nextInt(10) == 0) {
                protocol.failed(machine.clock(now));
            } else {
                protocol.looked(machine.clock(now), store.read());
            }
        } else if (action instanceof LeaseProtocol.Write write) {
            int fate = random.nextInt(10);
            if (fate == 0) {
                protocol.failed(machine.clock(now));
            } else if (fate == 1) {
                late.add(new Late(write, now + random.nextLong(2 * TTL.toNanos())));
                protocol.failed(machine.clock(now));
            } else if (fate == 2) {
                store.write(write);
                protocol.failed(machine.clock(now));
            } else if (fate == 3 && store.write(write)) {
                // The client itself repeated what had been done.
                protocol.refused(machine.clock(now));
            } else if (fate != 3 && store.write(write)) {
                protocol.wrote(machine.clock(now), store.read().orElseThrow().etag());
            } else {
                protocol.refused(machine.clock(now));
            }
        }
    }

    @Property(tries = 500)
    void whoWaitsGetsItInTimeAfterACrashAndAtOnceAfterARelease(@ForAll long seed, @ForAll boolean crash) {
        Random random = new Random(seed);
        Store store = new Store();
        Machine first = new Machine("a", random);
        Machine second = new Machine("b", random);
        long now = 0;
        while (!first.isOpen(now)) {
            now += 20 * MILLI;
            calm(first, store, now);
        }
        long until = now + random.nextLong(2 * TTL.toNanos());
        while (now < until) {
            now += 20 * MILLI;
            calm(first, store, now);
            calm(second, store, now);
            assertThat(second.isOpen(now)).isFalse();
        }
        if (!crash) {
            first.protocol.release(first.clock(now));
            calm(first, store, now);
            assertThat(store.file.released()).isTrue();
        }
        long begun = now;
        while (!second.isOpen(now)) {
            now += 20 * MILLI;
            calm(second, store, now);
            assertThat(now - begun)
                    .isLessThan(
                            Duration.ofSeconds(crash ? TTL.toSeconds() + 2 : 2).toNanos() + TTL.toNanos() / 10);
        }
        assertThat(store.file.generation()).isEqualTo(2);
        calm(first, store, now);
        assertThat(first.isOpen(now)).isFalse();
    }

    private static void calm(Machine machine, Store store, long now) {
        LeaseProtocol protocol = machine.protocol;
        for (LeaseProtocol.Action action = protocol.next(machine.clock(now));
                action instanceof LeaseProtocol.Look || action instanceof LeaseProtocol.Write;
                action = protocol.next(machine.clock(now))) {
            if (action instanceof LeaseProtocol.Look) {
                protocol.looked(machine.clock(now), store.read());
            } else if (store.write((LeaseProtocol.Write) action)) {
                protocol.wrote(machine.clock(now), store.read().orElseThrow().etag());
            } else {
                protocol.refused(machine.clock(now));
            }
        }
    }
}
