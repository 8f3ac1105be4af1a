package io.github.litestreamjdbc.engine;

import io.github.litestreamjdbc.api.ReplicationEvent;
import io.github.litestreamjdbc.api.ReplicationMXBean;
import io.github.litestreamjdbc.api.RuntimeMXBean;
import io.github.litestreamjdbc.spi.LogLine;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import javax.management.InstanceAlreadyExistsException;
import javax.management.JMException;
import javax.management.MBeanNotificationInfo;
import javax.management.MBeanServer;
import javax.management.Notification;
import javax.management.ObjectName;

/**
 * The JMX beans. Where one cannot be registered the log says so, and replication goes on. Safe for use by several threads.
 */
final class Beans {
    private static final System.Logger LOG = System.getLogger(Beans.class.getName());

    private static final String DOMAIN = "io.github.litestreamjdbc";

    /** Type of the notifications of events. */
    static final String EVENT = DOMAIN + ".event.";

    /** Names tried until one is free. */
    private static final int MOST_NAMES = 1000;

    /** Guarded by the class: the runtime bean is there while there is another. */
    private static int registered;

    private Beans() {}

    /** A registered bean of a database. */
    static final class Registration implements AutoCloseable {
        private final ObjectName name;
        private final DescribedBean<ReplicationMXBean> bean;
        private final AtomicLong sequence = new AtomicLong();

        private Registration(ObjectName name, DescribedBean<ReplicationMXBean> bean) {
            this.name = name;
            this.bean = bean;
        }

        /** The type names what happened, the message says why, the user data names the database. */
        void notifyOf(ReplicationEvent event) {
            Notification notification = new Notification(
                    EVENT + event.kind(),
                    name,
                    sequence.incrementAndGet(),
                    event.at().toEpochMilli(),
                    event.reason());
            notification.setUserData(event.database());
            bean.sendNotification(notification);
        }

        /** Takes it out of the server. */
        @Override
        public void close() {
            unregister(name);
            releaseRuntime();
        }
    }

    /** Registers the bean of a database; null if that is not possible. */
    static Registration register(String name, ReplicationMXBean readings) {
        DescribedBean<ReplicationMXBean> bean = new DescribedBean<>(
                readings,
                ReplicationMXBean.class,
                new MBeanNotificationInfo(
                        Arrays.stream(ReplicationEvent.Kind.values())
                                .map(kind -> EVENT + kind)
                                .toArray(String[]::new),
                        Notification.class.getName(),
                        "What happens to the replication"));
        try {
            Registration registration = new Registration(register(name, bean), bean);
            retainRuntime();
            return registration;
        } catch (JMException e) {
            LOG.log(System.Logger.Level.WARNING, LogLine.of("database", name).says("has no JMX bean: " + e));
            return null;
        }
    }

    private static ObjectName register(String name, DescribedBean<?> bean) throws JMException {
        InstanceAlreadyExistsException taken = null;
        for (int i = 1; i <= MOST_NAMES; i++) {
            try {
                ObjectName free = objectName(i == 1 ? name : name + "#" + i);
                server().registerMBean(bean, free);
                return free;
            } catch (InstanceAlreadyExistsException e) {
                taken = e;
            }
        }
        throw taken;
    }

    /** Quoted only where the name has characters that mean something there. */
    private static ObjectName objectName(String name) throws JMException {
        boolean plain = name.chars().noneMatch(c -> ",=:\"*?\n".indexOf(c) >= 0);
        return new ObjectName(DOMAIN + ":type=Replication,name=" + (plain ? name : ObjectName.quote(name)));
    }

    private static synchronized void retainRuntime() {
        registered++;
        if (registered == 1) {
            try {
                server().registerMBean(new DescribedBean<>(Databases.runtime(), RuntimeMXBean.class), runtimeName());
            } catch (JMException e) {
                // Another class loader of this JVM has the driver too, and its bean the name.
                LOG.log(System.Logger.Level.DEBUG, LogLine.of("bean", "Runtime").says("is not registered: " + e));
            }
        }
    }

    private static synchronized void releaseRuntime() {
        registered--;
        if (registered == 0) {
            try {
                unregister(runtimeName());
            } catch (JMException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private static void unregister(ObjectName name) {
        try {
            server().unregisterMBean(name);
        } catch (JMException e) {
            LOG.log(System.Logger.Level.DEBUG, LogLine.of("bean", name).says("was not registered any more: " + e));
        }
    }

    private static ObjectName runtimeName() throws JMException {
        return new ObjectName(DOMAIN + ":type=Runtime");
    }

    private static MBeanServer server() {
        return ManagementFactory.getPlatformMBeanServer();
    }
}
