package io.github.litestreamjdbc.driver;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.ResultSet;

/** The rows of a {@code RETURNING} clause: the statement commits when they end or are closed. */
final class ReturningResultSet implements InvocationHandler {
    private final ResultSet rows;
    private final CommitWatch watch;

    private ReturningResultSet(ResultSet rows, CommitWatch watch) {
        this.rows = rows;
        this.watch = watch;
    }

    static ResultSet of(ResultSet rows, CommitWatch watch) {
        return rows == null
                ? null
                : (ResultSet) Proxy.newProxyInstance(
                        ReturningResultSet.class.getClassLoader(),
                        new Class<?>[] {ResultSet.class},
                        new ReturningResultSet(rows, watch));
    }

    @Override
    public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
        String name = method.getName();
        if (name.equals("equals")) {
            return proxy == arguments[0];
        }
        Object result;
        try {
            result = method.invoke(rows, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
        if (name.equals("next") || name.equals("close")) {
            watch.tell();
        }
        return result;
    }
}
