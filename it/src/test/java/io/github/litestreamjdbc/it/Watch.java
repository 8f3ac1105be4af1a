package io.github.litestreamjdbc.it;

import io.github.litestreamjdbc.api.ReplicationEvent;
import io.github.litestreamjdbc.api.ReplicationListener;
import io.github.litestreamjdbc.engine.Databases;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.MBeanServerDelegate;
import javax.management.MBeanServerNotification;
import javax.management.Notification;
import javax.management.NotificationListener;
import javax.management.ObjectName;

/** Whoever watches one database of this JVM as an operator can: listens, through JMX from its bean's first moment, reads the log. */
final class Watch implements ReplicationListener, AutoCloseable {
    private static final String DOMAIN = "io.github.litestreamjdbc";
    private static final MBeanServer SERVER = ManagementFactory.getPlatformMBeanServer();

    private final String name;
    private final ObjectName bean;
    private final List<ReplicationEvent> events = new CopyOnWriteArrayList<>();
    private final List<Notification> notifications = new CopyOnWriteArrayList<>();
    private final LogCapture log = new LogCapture(DOMAIN);

    private final NotificationListener registrations = (notification, handback) -> {
        if (notification instanceof MBeanServerNotification registered
                && registered.getType().equals(MBeanServerNotification.REGISTRATION_NOTIFICATION)) {
            subscribe(registered.getMBeanName());
        }
    };

    Watch(String name) throws JMException {
        this.name = name;
        this.bean = new ObjectName(DOMAIN + ":type=Replication,name=" + name);
        Databases.addListener(this);
        SERVER.addNotificationListener(MBeanServerDelegate.DELEGATE_NAME, registrations, null, null);
    }

    private void subscribe(ObjectName registered) {
        if (!registered.equals(bean)) {
            return;
        }
        try {
            SERVER.addNotificationListener(
                    registered, (notification, handback) -> notifications.add(notification), null, null);
        } catch (JMException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void happened(ReplicationEvent event) {
        if (event.database().equals(name)) {
            events.add(event);
        }
    }

    boolean told(ReplicationEvent.Kind kind) {
        return events.stream().anyMatch(event -> event.kind() == kind);
    }

    List<ReplicationEvent> events(ReplicationEvent.Kind kind) {
        return events.stream().filter(event -> event.kind() == kind).toList();
    }

    /** Messages of the notifications of one kind. */
    List<String> notified(ReplicationEvent.Kind kind) {
        return notifications.stream()
                .filter(notification -> notification.getType().equals(DOMAIN + ".event." + kind))
                .map(Notification::getMessage)
                .toList();
    }

    /** What the log says, each line after its level. */
    List<String> lines() {
        return log.lines();
    }

    boolean isRegistered() {
        return SERVER.isRegistered(bean);
    }

    ObjectName bean() {
        return bean;
    }

    Object reading(String attribute) throws JMException {
        return SERVER.getAttribute(bean, attribute);
    }

    Object invoke(String operation) throws JMException {
        return SERVER.invoke(bean, operation, new Object[0], new String[0]);
    }

    @Override
    public void close() throws JMException {
        SERVER.removeNotificationListener(MBeanServerDelegate.DELEGATE_NAME, registrations);
        Databases.removeListener(this);
        log.close();
    }
}
