/** The version of crossloop, as reports and adapters are told it; a test keeps it equal to package.json's. */
export const SUITE_VERSION: string = '0.1.0';
