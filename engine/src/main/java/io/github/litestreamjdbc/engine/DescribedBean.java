package io.github.litestreamjdbc.engine;

import io.github.litestreamjdbc.api.Description;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Optional;
import javax.management.MBeanAttributeInfo;
import javax.management.MBeanInfo;
import javax.management.MBeanNotificationInfo;
import javax.management.MBeanOperationInfo;
import javax.management.NotificationBroadcasterSupport;
import javax.management.StandardEmitterMBean;

/** An MXBean whose descriptions come from the annotations of its interface. */
final class DescribedBean<T> extends StandardEmitterMBean {
    private final Class<T> type;

    DescribedBean(T bean, Class<T> type, MBeanNotificationInfo... notifications) {
        super(bean, type, true, new NotificationBroadcasterSupport(notifications));
        this.type = type;
        // The base class asked for the descriptions before this one could answer.
        cacheMBeanInfo(null);
    }

    @Override
    protected String getDescription(MBeanInfo info) {
        return "litestream-jdbc: " + type.getSimpleName().replace("MXBean", "");
    }

    @Override
    protected String getDescription(MBeanAttributeInfo info) {
        return description((info.isIs() ? "is" : "get") + info.getName()).orElseGet(info::getDescription);
    }

    @Override
    protected String getDescription(MBeanOperationInfo info) {
        return description(info.getName()).orElseGet(info::getDescription);
    }

    private Optional<String> description(String method) {
        return type == null
                ? Optional.empty()
                : Arrays.stream(type.getMethods())
                        .filter(one -> one.getName().equals(method))
                        .map(DescribedBean::described)
                        .flatMap(Optional::stream)
                        .findFirst();
    }

    private static Optional<String> described(Method method) {
        return Optional.ofNullable(method.getAnnotation(Description.class)).map(Description::value);
    }
}
