package io.github.litestreamjdbc.engine;

/** Parts of the JDK that a run-time image may lack; what needs them is then left out. */
enum OptionalModule {
    MANAGEMENT("java.management"),
    HTTP_SERVER("jdk.httpserver");

    private final String module;

    OptionalModule(String module) {
        this.module = module;
    }

    boolean isPresent() {
        return ModuleLayer.boot().findModule(module).isPresent();
    }

    @Override
    public String toString() {
        return module;
    }
}
