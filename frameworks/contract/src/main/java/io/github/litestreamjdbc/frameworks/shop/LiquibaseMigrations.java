package io.github.litestreamjdbc.frameworks.shop;

import java.util.List;
import liquibase.Liquibase;
import liquibase.changelog.RanChangeSet;
import liquibase.database.Database;
import liquibase.database.DatabaseFactory;
import liquibase.exception.LiquibaseException;
import liquibase.resource.ClassLoaderResourceAccessor;

/** The shop's tables, made by Liquibase, which is given the URL and nothing else. */
public final class LiquibaseMigrations {
    private static final String CHANGES = "db/changelog/db.changelog-master.xml";

    private final ClassLoaderResourceAccessor resources = new ClassLoaderResourceAccessor();
    private final String url;

    /** Brings the database up to date. */
    public LiquibaseMigrations(String url) throws LiquibaseException {
        this.url = url;
        // #liquibase
        Database database = DatabaseFactory.getInstance().openDatabase(url, null, null, null, resources);
        try (Liquibase liquibase = new Liquibase(CHANGES, resources, database)) {
            liquibase.update("");
        }
        // #end
    }

    /** The ids of the change sets that were applied. */
    public List<String> applied() {
        try (Liquibase liquibase = new Liquibase(
                CHANGES, resources, DatabaseFactory.getInstance().openDatabase(url, null, null, null, resources))) {
            return liquibase.getDatabase().getRanChangeSetList().stream()
                    .map(RanChangeSet::getId)
                    .toList();
        } catch (LiquibaseException e) {
            throw new IllegalStateException(e);
        }
    }
}
